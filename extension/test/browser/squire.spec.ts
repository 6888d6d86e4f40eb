import { readFileSync } from "node:fs";
import { expect, test } from "./fixtures.ts";
import { knows } from "./scripted-server.ts";

/** Squire as a page loads it with a script element. The table of the editors has the bundled one. */
const SQUIRE = readFileSync(new URL("../../node_modules/squire-rte/dist/squire-raw.js", import.meta.url), "utf8");
const PAGE = `<div id="field" style="min-height: 60px"></div><script src="/squire.js"></script>
<script>
  new Squire(document.querySelector("#field"), {
    sanitizeToDOMFragment: (html) => document.createRange().createContextualFragment(html),
  });
</script>`;

test("in Squire, Ctrl-Z removes an accepted word and not the letters before it, also before the first space", async ({
  page,
  ghost,
  server,
  show,
}) => {
  server.script = knows("Thanks for the quick response");
  server.pages.set("/squire.js", SQUIRE);
  await show(PAGE, "Tha");
  await ghost.expectText("nks for the quick response");
  await page.keyboard.press("Tab");
  await expect(page.locator("#field")).toHaveText("Thanks");
  await page.keyboard.press("Control+z");
  await expect(page.locator("#field")).toHaveText("Tha");
});
