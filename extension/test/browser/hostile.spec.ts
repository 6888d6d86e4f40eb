import { expect, test } from "./fixtures.ts";
import { knows } from "./scripted-server.ts";

/** A page that tries to read the suggestion, or to have it inserted, by everything that a page can do. */
const HOSTILE = `<textarea id="field" rows="4" cols="70"></textarea>
<div id="rich" class="ProseMirror" contenteditable="true" style="width: 600px"></div>
<script>
  window.seen = [];
  const keep = (what) => window.seen.push(String(what));
  const { attachShadow } = Element.prototype;
  Element.prototype.attachShadow = function (init) { const root = attachShadow.call(this, init); keep("shadow " + root.innerHTML); return root; };
  const { dispatchEvent, addEventListener } = EventTarget.prototype;
  EventTarget.prototype.dispatchEvent = function (event) { keep(event.type + " " + JSON.stringify(event.detail)); return dispatchEvent.call(this, event); };
  for (const name of ["foretype:name", "foretype:here"]) addEventListener.call(window, name, (event) => keep(name + " " + event.detail), true);
  window.dispatchEvent(new CustomEvent("foretype:here"));
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) {
      keep("added " + (node.outerHTML ?? node.data) + (node.shadowRoot ? node.shadowRoot.innerHTML : ""));
      keep("open " + (node.openOrClosedShadowRoot?.innerHTML ?? ""));
    }
  }).observe(document, { childList: true, subtree: true });
  window.addEventListener("message", (event) => keep("message " + JSON.stringify(event.data)));
</script>`;

/** The secret name of the content script's event. */
const EVENT_NAME = /[0-9a-f]{5,8}-[0-9a-f]{5,8}-/;

for (const id of ["field", "rich"]) {
  test(`a page can neither read the suggestion in #${id} nor have it inserted`, async ({
    page,
    ghost,
    server,
    show,
  }) => {
    server.script = knows("Thanks for the quick response, and secretly yours");
    await show(HOSTILE);
    await page.locator(`#${id}`).click();
    await page.keyboard.type("Thanks for the qui");
    await ghost.expectText("ck response, and secretly yours");
    const found = await page.evaluate((id) => {
      const field = document.querySelector(`#${id}`) as HTMLElement;
      for (const key of ["Tab", "ArrowRight", "ArrowDown"]) {
        field.dispatchEvent(
          new KeyboardEvent("keydown", {
            key,
            altKey: key === "ArrowDown",
            bubbles: true,
            cancelable: true,
            composed: true,
          }),
        );
      }
      const host = document.documentElement.lastElementChild as HTMLElement;
      const { x, y, width, height } = field.getBoundingClientRect();
      const hits = [];
      for (let at = x; at < x + width; at += 10) hits.push(document.elementFromPoint(at, y + height / 2)?.outerHTML);
      return [
        host.shadowRoot === null ? "closed" : host.shadowRoot.innerHTML,
        host.textContent,
        getSelection()?.toString(),
        document.body.textContent,
        ...hits,
        ...(window as unknown as { seen: string[] }).seen,
      ].join("\n");
    }, id);
    expect(found).toContain("closed");
    expect(found).not.toContain("secretly");
    expect(found).not.toMatch(EVENT_NAME);
    const text = await page.locator(`#${id}`).evaluate((field) => ("value" in field ? field.value : field.textContent));
    expect(text).toBe("Thanks for the qui");
    expect(server.of("accepted")).toEqual([]);
    await ghost.expectText("ck response, and secretly yours");
    await page.keyboard.press("Tab");
    await ghost.expectText(" response, and secretly yours");
    const after = await page.evaluate(() => (window as unknown as { seen: string[] }).seen.join("\n"));
    expect(after).not.toContain("secretly");
    expect(after).not.toMatch(EVENT_NAME);
    // The message may arrive late. It must not arrive in the next test.
    await expect.poll(() => server.of("accepted").map(({ text }) => text)).toEqual(["ck"]);
  });
}

test("a page with a separate font for each letter learns only the letters that were typed", async ({
  page,
  ghost,
  server,
  show,
}) => {
  server.script = knows("Thanks for the quick response");
  const asked: string[] = [];
  await page.route("**/font-*", (route) => {
    asked.push(new URL(route.request().url()).pathname.slice("/font-".length));
    return route.abort();
  });
  const faces = [..."abcdefghijklmnopqrstuvwxyz"].map(
    (letter) =>
      `@font-face { font-family: spy; src: url(/font-${letter}); unicode-range: U+${letter.charCodeAt(0).toString(16)} }`,
  );
  await show(
    `<style>${faces.join("")}</style><textarea id="field" rows="4" cols="70" style="font-family: spy"></textarea>`,
  );
  await page.locator("#field").click();
  await page.keyboard.type("Thanks for the qui");
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Thanks for the qui");
  await page.keyboard.press("Tab");
  await ghost.expectText(null);
  await expect(page.locator("#field")).toHaveValue("Thanks for the qui");
  expect([...new Set(asked)].sort().join("")).toBe("aefhiknoqrstu");
});

test("ghost text is drawn in a loaded font of the page", async ({ page, ghost, server, show }) => {
  server.script = knows("Thanks for the quick response");
  const face = '@font-face { font-family: own; src: local("DejaVu Sans Mono") }';
  await show(`<style>${face}</style><textarea id="field" rows="4" cols="70" style="font-family: own"></textarea>`);
  await page.locator("#field").click();
  await page.keyboard.type("Thanks for the qui");
  await ghost.expectText("ck response");
});
