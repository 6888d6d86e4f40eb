import { expect, inWorker, test } from "./fixtures.ts";

const LABELLED: Record<string, string> = {
  "around the field": '<label>Country <input id="field"></label>',
  "for the field": '<label for="field"> Country\n</label><input id="field" placeholder="Iceland">',
  "by aria-labelledby": '<p id="what">Country</p><input id="field" aria-labelledby="none what" aria-label="Other">',
  "by aria-label": '<div id="field" contenteditable="true" aria-multiline="false" aria-label="Country"></div>',
  "by a placeholder": '<input id="field" placeholder="Country">',
};

for (const [name, html] of Object.entries(LABELLED)) {
  test(`the label of a field of one line is sent with its text: ${name}`, async ({ server, show }) => {
    await show(html, "Ice");
    await expect.poll(() => server.keystrokes.at(-1)).toMatchObject({ before: "Ice", context: { label: "Country" } });
  });
}

/** Nothing of these may be sent as a label. */
const OTHERS: Record<string, string> = {
  "no label": '<input id="field"><label>Country <input></label>',
  "a field of several lines": '<label for="field">Country</label><textarea id="field"></textarea>',
  "a text that the user writes":
    '<div id="what" contenteditable="true">Country</div><p id="around"><textarea>Country</textarea></p><input id="field" aria-labelledby="what around">',
  "a search": '<input type="search" id="field" placeholder="Country">',
  "a label that is too long to be a name": `<input id="field" placeholder="Country ${"and more ".repeat(9)}">`,
};

for (const [name, html] of Object.entries(OTHERS)) {
  test(`no label is sent: ${name}`, async ({ server, show }) => {
    await show(html, "Ice");
    await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Ice");
    expect(JSON.stringify(server.received)).not.toContain("Country");
  });
}

test("the user can turn it off", async ({ browserContext, page, server, show }) => {
  await inWorker(browserContext, "chrome.storage.local.set({ preferences: { labelToo: false } })");
  await show(LABELLED["by a placeholder"] as string, "Ice");
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Ice");
  expect(JSON.stringify(server.received)).not.toContain("Country");
  await page.close();
  await inWorker(browserContext, "chrome.storage.local.remove('preferences')");
});
