import { expect, vi } from "vitest";
import { CODE } from "../browser/scripted-server.ts";
import type { Firefox, Tab } from "./firefox.ts";

/** Polls a value until it is as expected. Only inside a test. */
export const eventually = (read: () => unknown) => expect.poll(read, { interval: 50, timeout: 10_000 });

/** Repeats a check until it passes. Also outside of a test. */
const until = (check: () => Promise<void>) => vi.waitFor(check, { interval: 50, timeout: 20_000 });

/** The tab of the welcome page, which opens when the extension is installed. */
export async function welcomePage(firefox: Firefox): Promise<Tab> {
  return vi.waitFor(
    async () => {
      const found = await firefox.tabWith("welcome.html");
      if (!found) throw new Error("the welcome page has not opened");
      return found;
    },
    { timeout: 20_000 },
  );
}

/** Connects the extension as a user does, on the options page. `own` is a tab with a page of the extension. */
export async function pair(own: Tab, origin: string): Promise<void> {
  await own.goWithin("options.html");
  await until(async () => {
    // The welcome page, which was open before, has such a field too.
    expect(await own.value("document.title")).toBe("Foretype options");
    expect(await own.value("document.querySelector('#address')?.value")).toBe("http://127.0.0.1:22738");
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
