import { beforeEach, expect, test } from "vitest";
import { SettingsSync } from "../../src/background/settings-sync.ts";
import { DEFAULTS, type Preferences } from "../../src/preferences.ts";
import { SETTINGS_VERSION, settingsOf } from "../../src/settings.ts";
import { NEVER_SYNCED, type SyncedItems } from "../../src/sync-state.ts";

/** What one account holds for all its browsers. */
let account: Record<string, unknown>;
let writes: number;
let refuses: boolean;

class FakeBrowser {
  preferences: Preferences = DEFAULTS;
  on = true;
  state = NEVER_SYNCED;
  stateWrites = 0;
  readonly #sync = new SettingsSync({
    isOn: async () => this.on,
    readState: async () => this.state,
    writeState: async (state) => {
      this.stateWrites += 1;
      this.state = state;
    },
    changePreferences: async (change) => {
      this.preferences = change(this.preferences);
      return this.preferences;
    },
    readItems: async () => ({ ...account }),
    writeItems: async (items: SyncedItems) => {
      if (refuses) throw new Error("QUOTA_BYTES_PER_ITEM quota exceeded");
      writes += 1;
      Object.assign(account, items);
    },
  });
  change(changes: Partial<Preferences>) {
    this.preferences = { ...this.preferences, ...changes };
    return this.reconcile();
  }
  reconcile() {
    return this.#sync.reconcile();
  }
}

beforeEach(() => {
  account = {};
  writes = 0;
  refuses = false;
});

test("while sync is off, nothing is sent and nothing is taken", async () => {
  const laptop = new FakeBrowser();
  laptop.on = false;
  account = { version: SETTINGS_VERSION, spoken: true };
  await laptop.change({ sureness: "calm" });
  expect([writes, laptop.preferences.spoken]).toEqual([0, false]);
});

test("two browsers get each other's changes, each keeps its own pause, and then nothing more is written", async () => {
  const [laptop, desktop] = [new FakeBrowser(), new FakeBrowser()];
  await laptop.change({ sureness: "calm", pausedUntil: 500 });
  await desktop.reconcile();
  expect(desktop.preferences).toEqual({ ...DEFAULTS, sureness: "calm" });
  await desktop.change({ spoken: true });
  await laptop.reconcile();
  expect(laptop.preferences).toEqual({ ...DEFAULTS, sureness: "calm", spoken: true, pausedUntil: 500 });
  expect(Object.keys(account)).not.toContain("pausedUntil");
  const before = [writes, laptop.stateWrites, desktop.stateWrites];
  for (const one of [laptop, desktop, laptop]) await one.reconcile();
  expect([writes, laptop.stateWrites, desktop.stateWrites]).toEqual(before);
});

test("changes of different settings in two browsers are both kept", async () => {
  const [laptop, desktop] = [new FakeBrowser(), new FakeBrowser()];
  await laptop.reconcile();
  await desktop.reconcile();
  desktop.preferences = { ...desktop.preferences, spoken: true };
  await laptop.change({ sureness: "calm" });
  await desktop.reconcile();
  await laptop.reconcile();
  for (const { preferences } of [laptop, desktop])
    expect(preferences).toMatchObject({ sureness: "calm", spoken: true });
});

test("two quick changes in one browser both stay", async () => {
  const laptop = new FakeBrowser();
  await laptop.reconcile();
  await Promise.all([laptop.change({ sureness: "calm" }), laptop.change({ sureness: "balanced" }), laptop.reconcile()]);
  expect([laptop.preferences.sureness, account.sureness]).toEqual(["balanced", "balanced"]);
});

test.each([
  [{ version: SETTINGS_VERSION + 1, spoken: true }, "newer"],
  [{ version: SETTINGS_VERSION, spoken: "yes" }, "unusable"],
  [{ version: SETTINGS_VERSION, later: true }, "unusable"],
])("settings that this version cannot use change nothing and are not overwritten: %j", async (items, trouble) => {
  const laptop = new FakeBrowser();
  account = { ...items };
  await laptop.change({ sureness: "calm" });
  expect(laptop.state.trouble).toBe(trouble);
  expect(laptop.preferences.spoken).toBe(false);
  expect(account).toEqual(items);
});

test("if the browser refuses the settings, this is known until it takes them", async () => {
  const laptop = new FakeBrowser();
  refuses = true;
  await laptop.change({ sureness: "calm" });
  expect(laptop.state.trouble).toBe("refused");
  refuses = false;
  await laptop.reconcile();
  expect(laptop.state).toEqual({ base: settingsOf(laptop.preferences), trouble: null });
});

test("a deleted copy stays deleted until a setting changes", async () => {
  const laptop = new FakeBrowser();
  await laptop.reconcile();
  account = {};
  await laptop.reconcile();
  expect(account).toEqual({});
  await laptop.change({ spoken: true });
  expect(account.spoken).toBe(true);
});

test("a browser in which sync was off takes the account's settings when it is on again", async () => {
  const laptop = new FakeBrowser();
  await laptop.reconcile();
  laptop.on = false;
  await laptop.change({ sureness: "calm" });
  expect(laptop.state).toEqual(NEVER_SYNCED);
  laptop.on = true;
  await laptop.reconcile();
  expect(laptop.preferences.sureness).toBe(DEFAULTS.sureness);
});

test("snippets that are too large for the account stay here, are said to, and do not stop the other settings", async () => {
  const [laptop, desktop] = [new FakeBrowser(), new FakeBrowser()];
  const large = Array.from({ length: 3 }, (_, index) => ({ trigger: `;${index}`, text: "x".repeat(4000) }));
  await laptop.change({ snippets: large, sureness: "calm" });
  expect(account).toMatchObject({ sureness: "calm", snippets: [] });
  expect([laptop.state.trouble, laptop.preferences.snippets]).toEqual(["snippets_too_large", large]);
  await desktop.change({ snippets: [{ trigger: ";d", text: "desk" }] });
  await laptop.change({ snippets: [...laptop.preferences.snippets.slice(2)] });
  await laptop.reconcile();
  await desktop.reconcile();
  expect(laptop.state.trouble).toBeNull();
  for (const one of [laptop, desktop])
    expect(one.preferences.snippets.map(({ trigger }) => trigger)).toEqual([";2", ";d"]);
});
