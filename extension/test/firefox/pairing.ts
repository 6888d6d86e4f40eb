import { expect, vi } from "vitest";
import { CODE } from "../browser/scripted-server.ts";
import type { Firefox, Tab } from "./firefox.ts";

/** In a test: asked again until it is as it must be. */
export const eventually = (read: () => unknown) => expect.poll(read, { interval: 50, timeout: 10_000 });

/** Asked again until it is so. Works outside a test, too. */
const until = (check: () => Promise<void>) => vi.waitFor(check, { interval: 50, timeout: 20_000 });

/** The tab that opens when the extension is installed: nothing else opens it. */
export async function firstPage(firefox: Firefox): Promise<Tab> {
  return vi.waitFor(
    async () => {
      const found = await firefox.tabWith("welcome.html");
      if (!found) throw new Error("the first page has not opened");
      return found;
    },
    { timeout: 20_000 },
  );
}

/** Connects the extension as a person does, in the options, which open in a tab of its own pages. */
export async function pair(own: Tab, origin: string): Promise<void> {
  await own.goWithin("options.html");
  await until(async () => {
    // The page before it has such a field, too.
    expect(await own.value("document.title")).toBe("Foretype options");
    expect(await own.value("document.querySelector('#address')?.value")).toBe("http://127.0.0.1:8765");
  });
  await own.value("void document.querySelector('#address').select()");
  await own.type(origin);
  await own.focus("#secret");
  await own.type(CODE);
  await own.press("Enter");
  await until(async () => {
    expect(await own.value("document.querySelector('#outcome').textContent")).toContain("Connected.");
  });
}
