import type { Page } from "@playwright/test";
import { expect, inWorker, test } from "./fixtures.ts";
import { knows } from "./scripted-server.ts";
import { FOLLOWED, PAGE, REST, reachOfHost, SENTENCE, TYPED, WAYS } from "./ways.ts";

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

/** The letters whose fonts the page requests from now on: `/font-a` for "a". */
async function fontsAsked(page: Page): Promise<string[]> {
  const asked: string[] = [];
  await page.route("**/font-*", (route) => {
    asked.push(new URL(route.request().url()).pathname.slice("/font-".length));
    return route.abort();
  });
  return asked;
}

test("a page with a separate font for each letter learns only the letters that were typed", async ({
  page,
  ghost,
  server,
  show,
}) => {
  server.script = knows("Thanks for the quick response");
  const asked = await fontsAsked(page);
  const faces = [..."abcdefghijklmnopqrstuvwxyz"].map(
    (letter) =>
      `@font-face { font-family: spy; src: url(/font-${letter}); unicode-range: U+${letter.charCodeAt(0).toString(16)} }`,
  );
  await show(
    `<style>${faces.join("")}</style><textarea id="field" rows="4" cols="70" style="font-family: spy"></textarea>`,
    "Thanks for the qui",
  );
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Thanks for the qui");
  await page.keyboard.press("Tab");
  await ghost.expectText(null);
  await expect(page.locator("#field")).toHaveValue("Thanks for the qui");
  await expect.poll(() => [...new Set(asked)].sort().join("")).toBe("aefhiknoqrstu");
});

/** Fonts that `document.fonts.check` finds loaded for the letters of the suggestion, but not for the letters that the style shows. */
const CHANGED_LETTERS = {
  "text-transform: uppercase": "",
  "text-transform: capitalize": "",
  "font-variant: small-caps": "",
  "font-stretch: condensed": "font-stretch: condensed",
};

for (const [style, descriptor] of Object.entries(CHANGED_LETTERS)) {
  test(`a page with separate fonts learns only the letters that were typed, also with ${style}`, async ({
    page,
    ghost,
    server,
    show,
  }) => {
    server.script = knows("Thanks for the quick response");
    const asked = await fontsAsked(page);
    const range = (letter: string) => `unicode-range: U+${letter.charCodeAt(0).toString(16)}`;
    const letters = [..."abcdefghijklmnopqrstuvwxyz"];
    const loaded = letters.map((one) => `@font-face { font-family: spy; src: local("DejaVu Sans"); ${range(one)} }`);
    const spies = (descriptor === "" ? letters.map((one) => one.toUpperCase()) : letters).map(
      (one) => `@font-face { font-family: spy; src: url(/font-${one}); ${range(one)}; ${descriptor} }`,
    );
    await show(
      `<style>${loaded.join("")}${spies.join("")}</style><p style="font-family: spy">${letters.join("")}</p>
       <textarea id="field" rows="4" cols="70" style="font-family: spy; ${style}"></textarea>`,
    );
    await page.evaluate(() => document.fonts.ready);
    await page.locator("#field").click();
    await page.keyboard.type("Thanks for the qui");
    await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Thanks for the qui");
    await page.keyboard.press("Tab");
    await ghost.expectText(null);
    const untyped = asked.filter((letter) => !"thanksforthequi".includes(letter.toLowerCase()));
    expect(untyped).toEqual([]);
  });
}

test("ghost text is drawn in a loaded font of the page", async ({ ghost, server, show }) => {
  server.script = knows("Thanks for the quick response");
  const face = '@font-face { font-family: own; src: local("DejaVu Sans Mono") }';
  await show(
    `<style>${face}</style><textarea id="field" rows="4" cols="70" style="font-family: own"></textarea>`,
    "Thanks for the qui",
  );
  await ghost.expectText("ck response");
});

test("a page cannot measure how long ghost text under the line is", async ({ page, ghost, server, show }) => {
  const reaches: string[] = [];
  for (const rest of ["n it", "n Friday, or at some other time that suits you better than that one, as you like it"]) {
    server.script = ({ before }) => (before.endsWith("See you o") ? rest : "");
    await show('<textarea id="field" rows="4" style="width: 200px"></textarea>');
    await page.locator("#field").fill(FOLLOWED.before + FOLLOWED.after);
    await page.locator("#field").evaluate((field: HTMLTextAreaElement, at) => {
      field.focus();
      field.setSelectionRange(at, at);
    }, FOLLOWED.before.length);
    await page.keyboard.type(FOLLOWED.typed);
    await ghost.expectText(rest);
    reaches.push(await page.evaluate(reachOfHost));
  }
  expect(reaches[0]).toBe(reaches[1]);
});

test("a page can neither find nor measure an announced suggestion", async ({
  page,
  ghost,
  server,
  show,
  browserContext,
}) => {
  server.script = knows(SENTENCE);
  await inWorker(browserContext, "chrome.storage.local.set({ preferences: { spoken: true } })");
  await show(PAGE);
  const session = await page.context().newCDPSession(page);
  const isAnnounced = async () => {
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    return nodes.some(({ name }) => String(name?.value).includes("secretly"));
  };
  await page.locator("#field").click();
  await page.keyboard.type(TYPED);
  await ghost.expectText(REST);
  await expect.poll(isAnnounced).toBe(true);
  const sizes = await page.evaluate(() =>
    [...document.querySelectorAll(":root > div")].map(({ scrollWidth }) => scrollWidth),
  );
  expect(sizes.filter((size) => size !== 1 && size !== 1000)).toEqual([]);
  expect(await page.evaluate(WAYS["searches for each letter"] as () => string)).toBe("");
  await inWorker(browserContext, "chrome.storage.local.remove('preferences')");
});
