import english from "../../public/_locales/en/messages.json";

/** Unit tests run without a browser. So `browser.i18n` is replaced by this, which reads the English messages. */

const getMessage = (name: string, values: readonly string[] = []): string =>
  (english as Readonly<Record<string, { readonly message: string }>>)[name]?.message.replaceAll(
    /\$(\d)/g,
    (_, place: string) => values[Number(place) - 1] ?? "",
  ) ?? "";

Object.assign(globalThis, { chrome: { i18n: { getMessage, getUILanguage: () => "en-GB" } } });
