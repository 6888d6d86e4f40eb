import { expect, inWorker, test } from "./fixtures.ts";
import { COMPOSE } from "./gmail.ts";

const BODY = '<textarea id="field" aria-label="Text"></textarea>';

test("in Gmail the subject is sent with the mail, as it is at each key", async ({ page, server, ghost, show }) => {
  server.script = () => " more";
  await show(COMPOSE);
  await page.getByLabel("Subject").fill("Lunch on Friday");
  const body = page.getByLabel("Message Body");
  await body.click();
  await page.keyboard.type("Hi");
  await ghost.expectText(" more");
  expect(server.keystrokes.at(-1)).toMatchObject({ kind: "email", subject: "Lunch on Friday" });
  await page.getByLabel("Subject").fill("Dinner");
  await body.click();
  await page.keyboard.type("!");
  await expect.poll(() => server.keystrokes.at(-1)).toMatchObject({ subject: "Dinner" });
});

const MAILS: Record<string, string> = {
  "a form in German": `<form><label>Betreff <input name="betreff" value="Lunch"></label>${BODY}</form>`,
  "a field that only its label names": `<div role="dialog"><input aria-label="Add a subject" value="Lunch"><div>${BODY}</div></div>`,
  "one of two mails": `<main><p><input name="subject" value="Lunch">${BODY}</p><p><textarea></textarea></p></main>`,
  "an editor": '<form><input name="_subject" value="Lunch"><div id="field" contenteditable="true"></div></form>',
};

for (const [name, html] of Object.entries(MAILS)) {
  test(`a field beside a subject is a mail: ${name}`, async ({ server, show }) => {
    await show(html, "Hi");
    await expect.poll(() => server.keystrokes.at(-1)).toMatchObject({ kind: "email", subject: "Lunch" });
  });
}

/** Nothing of these may be sent as a subject. */
const OTHERS: Record<string, string> = {
  "no subject": `<form>${BODY}</form>`,
  "an empty one": `<form><input name="subject" value=" ">${BODY}</form>`,
  "one of another form": `<form><input name="subject" value="Lunch"></form><form>${BODY}</form>`,
  "one of another mail": `<main><p>${BODY}</p><p><input name="subject" value="Lunch"><textarea></textarea></p></main>`,
  "a filter of the page": `<input name="subject-filter" value="Lunch"><dialog open>${BODY}</dialog>`,
  "a private one": `<form><input name="subject" type="password" value="Lunch">${BODY}</form>`,
  "one that the page keeps from writing tools": `<form><div writingsuggestions="false"><input name="subject" value="Lunch"></div>${BODY}</form>`,
  "a choice": `<form><input type="radio" name="subject" value="Lunch">${BODY}</form>`,
};

for (const [name, html] of Object.entries(OTHERS)) {
  test(`no subject is sent: ${name}`, async ({ server, show }) => {
    await show(html, "Hi");
    await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Hi");
    expect(JSON.stringify(server.received)).not.toContain("Lunch");
  });
}

test("the user can turn it off", async ({ browserContext, page, server, show }) => {
  await inWorker(browserContext, "chrome.storage.local.set({ preferences: { subjectToo: false } })");
  await show(`<form><input name="subject" value="Lunch">${BODY}</form>`, "Hi");
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Hi");
  expect(JSON.stringify(server.received)).not.toContain("Lunch");
  await page.close();
  await inWorker(browserContext, "chrome.storage.local.remove('preferences')");
});
