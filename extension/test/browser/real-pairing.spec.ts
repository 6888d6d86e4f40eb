import { pair } from "./fixtures.ts";
import { expect, test } from "./real-fixtures.ts";
import { REAL_TOKEN } from "./real-server.ts";

const TYPED = "Please let me know if you have any que";

test("the link that the server prints opens the playground, for good", async ({ page, ghost, server }) => {
  await page.goto(server.link);
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  expect(page.url()).toBe(`${server.origin}/`);
  await page.getByRole("button", { name: TYPED }).click();
  await expect.poll(() => ghost.text()).toMatch(/^stions/);
  await page.keyboard.press("Tab");
  await expect(page.locator("#message")).toHaveValue(`${TYPED}stions`);
  await expect(page.locator("#saved")).toHaveText("5");
  await expect(page.locator("#last")).toContainText("ms");

  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  // The code has been used. Who is known already does not need it.
  await page.goto(server.link);
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
  await expect(page.locator("#pairing")).toBeHidden();

  // Its token is revoked, as it were: now the code is tried.
  await page.evaluate(() => localStorage.setItem("foretype-token", "revoked"));
  await page.reload();
  await expect(page.locator("#pairing-outcome")).toHaveText("The server does not know this page any more.");
  await server.stop();
  await server.start();
  // In the same tab only the part after the # changes: the page is not loaded anew.
  await page.goto(server.link);
  await expect(page.locator("html")).toHaveAttribute("data-state", "ready");
});

test("the options page takes the code that the server printed, and says what is wrong", async ({ page, server }) => {
  const outcome = page.getByRole("status");
  await server.stop();
  await pair(page, server.origin, "ABCD-EFGH");
  await expect(outcome).toContainText(`No server answers at ${server.origin}`);
  await server.start();
  await pair(page, server.origin, "ABCD-EFGH");
  await expect(outcome).toContainText("That code is wrong");
  await pair(page, server.origin, "a-token-that-nobody-gave");
  await expect(outcome).toContainText("does not know this token");
  await pair(page, server.origin, server.code);
  await expect(outcome).toContainText("Connected. smollm2-135m completes what you write");
  await pair(page, server.origin, server.code);
  await expect(outcome).toContainText("That code is wrong, was used before");
  await pair(page, server.origin, REAL_TOKEN);
  await expect(outcome).toContainText("Connected.");
});
