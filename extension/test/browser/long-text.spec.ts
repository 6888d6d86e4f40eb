import { expect, test } from "./fixtures.ts";
import { callsDuring, quantile, reportFigures, timePerKey } from "./main-thread.ts";
import { knows } from "./scripted-server.ts";

/** Typing at the end of a long text. The figures are a report: the test fails only if they are far too high. */
const TOO_LONG_MS = 25;

const LINE = "The harbour was quiet in the morning, and the boats lay side by side as they always did. ";
const SENTENCE = "Thanks for the quick response, and see you on Friday";
const TYPED = "Thanks for the quick response, an";

const FIELDS = {
  "textarea, many lines": { html: '<textarea id="field" rows="12" cols="90"></textarea>', end: `${LINE}\n` },
  "textarea, one paragraph": { html: '<textarea id="field" rows="12" cols="90"></textarea>', end: LINE },
  input: { html: '<input id="field" size="90">', end: LINE },
  "rich editor, many paragraphs": {
    html: '<div id="field" contenteditable="true" style="width: 700px; height: 300px; overflow: auto"></div>',
    end: LINE,
  },
} as const;

for (const [name, { html, end }] of Object.entries(FIELDS)) {
  for (const length of [20_000, 200_000]) {
    test(`the cost of a key with ${length} characters in a ${name}`, async ({ page, ghost, server, show }) => {
      test.setTimeout(60_000);
      const known = knows(SENTENCE);
      // In a single paragraph, too, the server completes the last sentence.
      server.script = (keystroke) =>
        known({ ...keystroke, before: keystroke.before.split(LINE).at(-1) ?? keystroke.before });
      await show(html);
      await page.locator("#field").evaluate(
        (field, { end, count }) => {
          if (field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement)
            field.value = end.repeat(count);
          else field.innerHTML = `${`<p>${end}</p>`.repeat(count)}<p><br></p>`;
          field.focus();
        },
        { end, count: Math.floor(length / end.length) },
      );
      await page.keyboard.press("Control+End");
      await page.keyboard.type(TYPED.slice(0, 5), { delay: 30 });
      await ghost.expectText(SENTENCE.slice(5));
      const times = await timePerKey(page, async () => {
        await page.keyboard.type(TYPED.slice(5), { delay: 40 });
        await page.keyboard.press("Escape");
        await page.keyboard.type(" other words that nobody knew", { delay: 40 });
      });
      const [median, high] = [quantile(times, 0.5), quantile(times, 0.95)];
      reportFigures(
        `${name}, ${length} characters: ${median.toFixed(2)} ms at the median, ${high.toFixed(2)} at the 95th percentile, ${Math.max(...times).toFixed(2)} at most, ${times.length} keys`,
      );
      expect(high).toBeLessThan(TOO_LONG_MS);
    });
  }
}

test("while the user does not type, no code of the extension runs on the page, even with ghost text", async ({
  page,
  ghost,
  server,
  show,
}) => {
  server.script = knows(SENTENCE);
  await show(FIELDS.input.html, TYPED);
  await ghost.expectText(SENTENCE.slice(TYPED.length));
  expect(await callsDuring(page, () => page.keyboard.type(SENTENCE.slice(TYPED.length)[0] ?? ""))).toBeGreaterThan(0);
  // The last check comes some time after the last key.
  await page.waitForTimeout(1000);
  expect(await callsDuring(page, () => page.waitForTimeout(1000))).toBe(0);
});
