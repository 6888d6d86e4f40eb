import { expect, test } from "./fixtures.ts";
import { openPopup } from "./popup-page.ts";

/**
 * A page of the structure of Google Docs: the text is drawn on a canvas, and keys go to an editable element in a tiny frame, which the page
 * empties after each key.
 */
const PAINTED = `<canvas id="paper" width="600" height="100"></canvas>
<iframe id="target" style="position: absolute; left: -10000px; width: 1px; height: 1px; border: 0"></iframe>
<script>
  const paper = document.querySelector("#paper").getContext("2d");
  paper.font = "20px sans-serif";
  window.written = "";
  const inner = document.querySelector("#target").contentDocument;
  inner.body.innerHTML = '<div contenteditable="true"></div>';
  const target = inner.body.firstChild;
  target.addEventListener("input", () => {
    window.written += target.textContent.replaceAll("\u00a0", " ");
    target.textContent = "";
    paper.clearRect(0, 0, 600, 100);
    paper.fillText(window.written, 10, 40);
  });
  document.querySelector("#paper").addEventListener("mousedown", (event) => { event.preventDefault(); target.focus(); });
</script>`;

test("where a page draws its text on a canvas, no suggestion appears and no key is used; the popup says so in Google Docs", async ({
  page,
  ghost,
  server,
  browserContext,
}) => {
  server.script = () => " and more words";
  await browserContext.route("https://docs.google.com/**", (route) =>
    route.fulfill({
      contentType: "text/html; charset=utf-8",
      body: `<!doctype html><title>A document</title><body>${PAINTED}`,
    }),
  );
  await page.goto("https://docs.google.com/document/d/1/edit");
  await page.locator("#paper").click();
  await page.keyboard.type("Thanks for");
  await page.keyboard.press("Tab");
  await expect.poll(() => page.evaluate("window.written")).toMatch(/^Thanks for/);
  await ghost.expectText(null);
  expect(server.keystrokes).toEqual([]);

  const popup = await openPopup(page);
  await expect(popup.getByRole("status")).toHaveText(
    "Foretype cannot complete the text of a Google document, because Google Docs draws it as a picture.",
  );
  await popup.close();
  await browserContext.unroute("https://docs.google.com/**");
});
