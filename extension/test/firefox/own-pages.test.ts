import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { knows, ScriptedServer } from "../browser/scripted-server.ts";
import { Firefox } from "./firefox.ts";
import { pair, welcomePage } from "./pairing.ts";

/** The extension's own pages in Firefox: accessibility, and screenshots in light and in dark. */
const FOLDER = fileURLToPath(new URL("../../test-results/firefox/", import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PAGES = ["welcome.html", "options.html", "popup.html"];
const SENTENCE = "Thanks for the quick response";
const WRITING = `<!doctype html><html lang="en"><meta name="color-scheme" content="light dark"><title>A page</title>
<body style="font: 18px/1.6 sans-serif; padding: 2em"><textarea id="field" rows="4" cols="50" style="font: inherit; padding: 12px"></textarea>`;

const VIOLATIONS = `${AXE};
axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" ")).join("; "))`;

describe.each(["light", "dark"] as const)("in a %s Firefox", (scheme) => {
  test("axe finds no problems on the extension's pages, and ghost text is drawn", async () => {
    const server = new ScriptedServer();
    server.script = knows(SENTENCE);
    await server.start();
    const firefox = await Firefox.start(scheme);
    mkdirSync(FOLDER, { recursive: true });
    try {
      const own = await welcomePage(firefox);
      await pair(own, server.origin);
      for (const page of PAGES) {
        await own.goWithin(page);
        await vi.waitFor(async () =>
          expect(await own.value("document.readyState + location.pathname")).toBe(`complete/${page}`),
        );
        expect(await own.value(VIOLATIONS), page).toBe("");
        writeFileSync(`${FOLDER}${page.replace(".html", "")}-${scheme}.png`, await own.picture());
      }
      server.pages.set("/page", WRITING);
      const tab = await firefox.newTab(`${server.origin}/page`);
      await tab.focus("#field");
      await tab.type("Thanks for the qui");
      await expect.poll(() => tab.ghost(), { interval: 50, timeout: 10_000 }).toBe("ck response");
      writeFileSync(`${FOLDER}ghost-${scheme}.png`, await tab.picture());
    } finally {
      await firefox.stop();
      await server.stop();
    }
  });
});
