import type { Locator, Page } from "@playwright/test";
import { picturesInAllSchemes } from "./accessibility.ts";
import { expect, OPTIONS, test } from "./fixtures.ts";

/** Where the parts of the options page are, in a window of the usual width and in a narrow one. */

const WIDE = 1000;
const NARROW = 420;

async function open(page: Page, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 800 });
  await page.goto(OPTIONS);
  await expect(page.locator("#key-list > div")).not.toHaveCount(0);
}

const boxesOf = (all: Locator) =>
  all.evaluateAll((elements) =>
    elements.map((element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      return { left, right, top, bottom };
    }),
  );

async function picturesOf(page: Page, name: string): Promise<void> {
  await picturesInAllSchemes(page, `options-${name}-sections`, page.locator("nav"));
  for (const section of ["how-much", "keys"])
    await picturesInAllSchemes(
      page,
      `options-${name}-${section}`,
      page.locator(`section[aria-labelledby="${section}"]`),
    );
}

const different = (values: readonly number[]) => [...new Set(values.map(Math.round))];

for (const width of [WIDE, NARROW])
  test(`at ${width} px, the boxes of all keys begin and end at the same place`, async ({ page }) => {
    await open(page, width);
    const keys = await boxesOf(page.locator("#key-list [data-act]"));
    const buttons = await boxesOf(page.locator("#key-list > div > button:last-child"));
    expect(keys.length).toBeGreaterThan(4);
    expect(different(keys.map(({ left }) => left))).toHaveLength(1);
    expect(different(keys.map(({ right }) => right))).toHaveLength(1);
    expect(different(buttons.map(({ left }) => left))).toHaveLength(1);
    // The button is beside its key, not below it.
    expect(buttons.map(({ top }) => Math.round(top))).toEqual(keys.map(({ top }) => Math.round(top)));
    if (width === WIDE) await picturesOf(page, "wide");
  });

test("in a narrow window, each name is nearer to what belongs to it than to the row above", async ({ page }) => {
  await open(page, NARROW);
  await picturesOf(page, "narrow");
  for (const [names, values] of [
    ["#key-list > div > span", "#key-list [data-act]"],
    ["#amount label", "#amount select"],
  ] as const) {
    const [above, below] = [await boxesOf(page.locator(names)), await boxesOf(page.locator(values))];
    expect(above.length).toBe(below.length);
    for (const [index, name] of above.slice(1).entries()) {
      const own = below[index + 1]?.top ?? Number.NaN;
      const before = below[index]?.bottom ?? Number.NaN;
      expect(own - name.bottom).toBeGreaterThanOrEqual(0);
      expect(name.top - before).toBeGreaterThan(own - name.bottom + 4);
    }
  }
  const lists = await boxesOf(page.locator("#amount select"));
  expect(different(lists.map(({ right }) => right))).toHaveLength(1);
});

test("the list of sections has each heading of the page, in its order, and leads there", async ({ page }) => {
  await open(page, NARROW);
  const links = page.getByRole("navigation", { name: "Sections of this page" }).getByRole("link");
  expect(await links.allTextContents()).toEqual(await page.locator("h2").allTextContents());
  await links.getByText("Your words").click();
  await expect(page.locator("#words")).toBeInViewport();
  for (const link of await links.all()) {
    const target = await link.getAttribute("href");
    expect(await page.locator(target ?? "").textContent()).toBe(await link.textContent());
  }
});
