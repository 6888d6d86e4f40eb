import { expect, inWorker, test } from "./fixtures.ts";
import { COMPOSE, REPLY, THREAD } from "./gmail.ts";

const MAIL = "Are you free on Friday?";
const BODY = '<div id="field" contenteditable="true" aria-label="Message body"></div>';

test.describe("if the user has allowed it", () => {
  test.beforeEach(({ browserContext }) =>
    inWorker(browserContext, "chrome.storage.local.set({ preferences: { answeredToo: true } })"),
  );
  test.afterEach(async ({ browserContext, page }) => {
    await page.close();
    await inWorker(browserContext, "chrome.storage.local.remove('preferences')");
  });

  test("in Gmail, the mail above the reply is sent as it was at the first key", async ({ page, server, show }) => {
    await show(THREAD);
    await page.getByLabel("Message Body").click();
    await page.keyboard.type("Y");
    const context = { answered: "Hi Ann,\n\nare you free on Friday?\nWe could go to the harbour." };
    await expect.poll(() => server.keystrokes.at(-1)).toMatchObject({ before: "Y", kind: "email", context });
    await page
      .locator(".a3s")
      .last()
      .evaluate((mail) => mail.replaceChildren("Another"));
    await page.keyboard.type("es");
    await expect.poll(() => server.keystrokes.at(-1)).toMatchObject({ before: "Yes", context });
  });

  const QUOTING: Record<string, string> = {
    "Gmail's quote in the editor": REPLY,
    "a quote in an editor": BODY.replace(
      "></",
      `><br><blockquote>${MAIL}<blockquote>Older</blockquote></blockquote></`,
    ),
    "Outlook's head in the editor": BODY.replace(
      "></",
      `><br><hr><div id="divRplyFwdMsg">From: Bob</div><div>${MAIL}</div></`,
    ),
    "Outlook's mail above": `<div id="UniqueMessageBody_1" role="document"><p>${MAIL}</p></div>${BODY}`,
    "Roundcube's mail above": `<div id="messagebody"><style>p { color: red }</style><p>${MAIL}</p></div>${BODY}`,
    "a plain mail": `<textarea id="field" name="reply">\n\nOn Tuesday, Bob wrote:\n> ${MAIL}\n>> Older\n</textarea>`,
  };

  for (const [name, html] of Object.entries(QUOTING)) {
    test(`the mail that is answered is found: ${name}`, async ({ page, server, show }) => {
      await show(html);
      const field = page.locator("#field, [g_editable]");
      await field.click();
      await page.keyboard.press("ControlOrMeta+Home");
      await page.keyboard.type("Hi");
      await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Hi");
      const context = JSON.stringify(server.keystrokes.at(-1)?.context);
      expect(context).toContain("re you free on Friday?");
      expect(context).not.toMatch(/Older|Bob|color/);
    });
  }

  /** Nothing of these may be sent. */
  const OTHERS: Record<string, string> = {
    "a field that is no mail": `<div class="a3s">${MAIL}</div><textarea id="field"></textarea>`,
    "a new mail in a window": `<div class="a3s">${MAIL}</div>${COMPOSE}`,
    "a mail that is not shown": `<div class="a3s" style="display: none">${MAIL}</div>${BODY}`,
    "hidden parts of a mail": `<div class="a3s">Hi <i style="display: none">${MAIL}</i><i style="visibility: hidden">${MAIL}</i><i style="opacity: 0">${MAIL}</i></div>${BODY}`,
    "a part in which the page forbids writing tools": `<div class="a3s">Hi <i data-gramm="false">${MAIL}</i></div>${BODY}`,
    "a mail below": `${BODY}<div class="a3s">${MAIL}</div>`,
    "a page that forbids writing tools there": `<div writingsuggestions="false"><div class="a3s">${MAIL}</div></div>${BODY}`,
    "a private field": `<div class="a3s">${MAIL}</div><textarea id="field" name="reply" autocomplete="one-time-code"></textarea><textarea></textarea>`,
    "another field in the mail": `<div class="a3s">Hi <textarea>${MAIL}</textarea><input value="${MAIL}"></div>${BODY}`,
  };

  for (const [name, html] of Object.entries(OTHERS)) {
    test(`no mail is sent: ${name}`, async ({ page, server, show }) => {
      await show(html);
      await page.locator("#field, [g_editable]").click({ force: true });
      await page.keyboard.type("Hi");
      if (html.includes("one-time-code")) {
        await page.locator("textarea").last().click();
        await page.keyboard.type("Hi");
      }
      await expect.poll(() => server.keystrokes.at(-1)?.before).toMatch(/Hi$/);
      expect(JSON.stringify(server.received)).not.toContain("Friday");
    });
  }
});

test("it is not sent before the user has allowed it", async ({ page, server, show }) => {
  await show(THREAD);
  await page.getByLabel("Message Body").click();
  await page.keyboard.type("Hi");
  await expect.poll(() => server.keystrokes.at(-1)?.before).toBe("Hi");
  expect(JSON.stringify(server.received)).not.toContain("Friday");
});
