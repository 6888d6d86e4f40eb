import { expect, test } from "vitest";
import { SnippetDesk } from "../../src/background/snippet-desk.ts";
import type { ToPage } from "../../src/messages.ts";
import type { Snippet } from "../../src/snippets.ts";

let snippets: readonly Snippet[] = [
  { trigger: ";addr", text: "12 High Street" },
  { trigger: ";paste", text: "See {clipboard}" },
];
let reads = 0;
let mayRead = false;
const desk = new SnippetDesk(
  async () => {
    reads += 1;
    return { snippets };
  },
  async () => mayRead,
);

async function offersFor(before: string): Promise<ToPage[]> {
  const posted: ToPage[] = [];
  await desk.offer({ field: "f1", seq: 7, before, after: "", kind: "text" }, (message) => posted.push(message));
  return posted;
}

test("a page gets only the snippet that fits, and the storage is read once until something changes", async () => {
  expect(await offersFor("Hello")).toEqual([]);
  const offer = { seq: 7, trigger: ";addr", typed: ";ad", text: "12 High Street" };
  expect(await offersFor("At ;ad")).toEqual([{ type: "snippet", field: "f1", offer }]);
  expect(reads).toBe(1);
  snippets = [{ trigger: ";addr", text: "moved" }];
  desk.forget();
  expect(await offersFor("At ;ad")).toMatchObject([{ offer: { text: "moved" } }]);
});

test("a snippet with the clipboard is offered only if the clipboard may be read, and its text is not read here", async () => {
  snippets = [{ trigger: ";paste", text: "See {clipboard}" }];
  desk.forget();
  expect(await offersFor(";paste")).toEqual([]);
  mayRead = true;
  expect(await offersFor(";paste")).toMatchObject([{ offer: { text: "See {clipboard}" } }]);
});
