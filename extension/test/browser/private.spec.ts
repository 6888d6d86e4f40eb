import { expect, test } from "./fixtures.ts";

/** Each has the id `field`. What is typed there must never reach the server. */
const PRIVATE: Record<string, string> = {
  "a password": '<input id="field" type="password">',
  "a card's number": '<input id="field" autocomplete="cc-number">',
  "a card's code by its name": '<input id="field" name="cardCvc">',
  "a one-time code": '<input id="field" autocomplete="one-time-code">',
  "a one-time code by its name": '<input id="field" name="otp">',
  "a PIN by its label": '<input id="field" aria-label="Your PIN">',
  "a few digits": '<input id="field" inputmode="numeric" maxlength="6">',
  "a new password": '<input id="field" autocomplete="new-password">',
  "a social security number": '<textarea id="field" name="ssn"></textarea>',
  "a social security number by its label": '<label for="field">Social security number *</label><input id="field">',
  "a recovery phrase by its aria-labelledby":
    '<p id="what">Your recovery phrase</p><textarea id="field" aria-labelledby="none what"></textarea>',
  "text that is masked": '<input id="field" style="-webkit-text-security: disc">',
  "a field that is read only": '<textarea id="field" readonly></textarea>',
  "an inert field": '<div inert><textarea id="field"></textarea></div>',
  "a disabled field": '<textarea id="field" disabled></textarea>',
  "an e-mail address": '<input id="field" type="email">',
  "a page that opts out of writing suggestions":
    '<div writingsuggestions="false"><textarea id="field"></textarea></div>',
  "a page that opts out of Grammarly": '<div id="field" contenteditable="true" data-gramm="false">Text</div>',
  "a page that opts out of LanguageTool": '<textarea id="field" data-lt-active="false"></textarea>',
  "a field with a list of choices":
    '<input id="field" list="choices"><datalist id="choices"><option>One</option></datalist>',
  "a field that the browser fills in": '<input id="field" autocomplete="shipping street-address">',
  "an open combobox": '<input id="field" role="combobox" aria-expanded="true">',
};

/** No other frame contains two letters of it in a row. */
const MARKER = "zqzqzq";

const OPEN = '<textarea id="open" aria-label="open"></textarea>';

for (const [name, html] of Object.entries(PRIVATE)) {
  test(`${name} is never read`, async ({ page, server, ghost, show }) => {
    server.script = () => " more";
    await show(html + OPEN);
    await page.locator("#field").click({ force: true });
    await page.keyboard.type(MARKER);
    await expectOnlyOpenTextWasSent(page, server);
    await page.locator("#field").click({ force: true });
    await ghost.expectText(null);
  });
}

test("a password that the page shows as plain text is still a password", async ({ page, server, show }) => {
  server.script = () => " more";
  await show(`<input id="field" type="password">${OPEN}`);
  await page.locator("#field").evaluate((field) => field.setAttribute("type", "text"));
  await page.locator("#field").click();
  await page.keyboard.type(MARKER);
  await expectOnlyOpenTextWasSent(page, server);
});

test("a field that becomes private during typing is not read any more", async ({ page, server, ghost, show }) => {
  server.script = () => " more";
  await show('<textarea id="field"></textarea>', "Hello");
  await ghost.expectText(" more");
  await page.locator("#field").evaluate((field) => field.setAttribute("autocomplete", "cc-number"));
  await page.keyboard.type("4");
  await ghost.expectText(null);
});

/** Types in a field that may be read. When the server has that text, it would also have the text that was typed before. */
async function expectOnlyOpenTextWasSent(
  page: import("@playwright/test").Page,
  server: import("./scripted-server.ts").ScriptedServer,
): Promise<void> {
  await page.locator("#open").click();
  await page.keyboard.type("ok");
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("ok");
  expect(JSON.stringify(server.received)).not.toContain(MARKER.slice(0, 2));
}
