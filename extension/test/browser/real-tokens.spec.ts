import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type BrowserContext, expect, test } from "@playwright/test";
import { launch, pair } from "./fixtures.ts";
import { Ghost } from "./ghost.ts";
import { PYTHON, RealServer } from "./real-server.ts";

const run = promisify(execFile);
const NAMES = "subjectAltName=IP:127.0.0.1";

let folder: string;
let server: RealServer;
let context: BrowserContext;

/** `foretype token` with these words; what it prints. */
async function token(...words: string[]): Promise<string> {
  const { stdout } = await run(PYTHON, ["-m", "foretype", "token", ...words, "--folder", folder]);
  return stdout.trim();
}

// The server loads a model, and the browser starts.
test.setTimeout(90_000);

test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretype-tokens-"));
  const [certificate, key] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  const signed = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
  await run("openssl", [...signed, "-subj", "/CN=127.0.0.1", "-addext", NAMES, "-out", certificate, "-keyout", key]);
  await token("mint", "another.example.org"); // makes the keys, which the server reads at its start
  server = new RealServer({
    FORETYPE_TLS_CERTIFICATE: certificate,
    FORETYPE_TLS_KEY: key,
    FORETYPE_TOKENS_KEYS: join(folder, "keys.json"),
  });
  await server.start();
  context = await launch({ flags: ["--ignore-certificate-errors"] });
});

test.afterEach(async () => {
  await context?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("a signed token works over HTTPS until it is revoked", async () => {
  const minted = await token("mint", "example.org", "--name", "Ada");
  const id = (await token("list"))
    .split("\n")
    .find((line) => line.endsWith("Ada"))
    ?.slice(0, 16);
  const options = await context.newPage();
  await pair(options, server.origin, minted);
  await expect(options.getByRole("status")).toContainText("Connected.");

  const page = await context.newPage();
  await page.route("https://site.test/", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: '<!doctype html><textarea id="field" rows="4" cols="70"></textarea>',
    }),
  );
  await page.goto("https://site.test/");
  const ghost = new Ghost(page);
  await page.locator("#field").click();
  await page.keyboard.type("Please let me know if you have any que");
  await expect.poll(() => ghost.text()).toMatch(/^stions/);

  await token("revoke", id ?? "");
  // The server looks at the file once a second.
  await expect(async () => {
    await pair(options, server.origin, minted);
    await expect(options.getByRole("status")).toContainText("does not accept this token", { timeout: 1000 });
  }).toPass();
});
