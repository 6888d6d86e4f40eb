import { expect, test } from "vitest";
import { allowedBy, EVERYWHERE, isAllowedAt, patternFrom, patternOf, siteOf, THIS_MACHINE } from "../../src/sites.ts";

const CHOSEN = [...THIS_MACHINE, "https://mail.example.org/*", "http://intranet/*", "https://chat.example.org/*"];

test("the pages of this machine are not among the chosen sites, which are sorted by host", () => {
  expect(allowedBy(THIS_MACHINE)).toEqual({ everywhere: false, sites: [] });
  expect(allowedBy(CHOSEN).sites.map(siteOf)).toEqual(["chat.example.org", "http://intranet", "mail.example.org"]);
});

test.each([
  [[...THIS_MACHINE, ...EVERYWHERE], true],
  [["*://*/*"], true],
  [["<all_urls>"], true],
  [["https://*/*"], false],
  [CHOSEN, false],
])("%j is everywhere: %j", (origins, everywhere) => {
  expect(allowedBy(origins).everywhere).toBe(everywhere);
});

test.each([
  ["https://mail.example.org", true],
  ["https://mail.example.org:8443", true],
  ["http://mail.example.org", false],
  ["https://example.org", false],
  ["https://www.mail.example.org", false],
  ["https://mail.example.org.evil.test", false],
  ["http://localhost:3000", true],
  ["null", false],
  ["file:///tmp/a.html", false],
])("with single sites chosen, %s is allowed: %j", (origin, allowed) => {
  expect(isAllowedAt(CHOSEN, origin)).toBe(allowed);
});

test("everywhere means every site, but no other pages", () => {
  expect(isAllowedAt(EVERYWHERE, "http://any.test")).toBe(true);
  expect(isAllowedAt(EVERYWHERE, "chrome-extension://abc")).toBe(false);
});

test.each([
  ["mail.example.org", "https://mail.example.org/*"],
  [" https://Mail.example.org/inbox?x#y ", "https://mail.example.org/*"],
  ["http://intranet:8080/", "http://intranet/*"],
  ["*.example.org", null],
  ["ftp://example.org", null],
  ["", null],
  ["two words", null],
])("a user who enters %j means %j", (written, pattern) => {
  expect(patternFrom(written)).toBe(pattern);
});

test("a page that belongs to no site has no pattern", () => {
  expect([undefined, "", "about:blank", "chrome://settings/", "file:///a"].map(patternOf)).toEqual(Array(5).fill(null));
});
