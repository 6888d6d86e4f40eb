/** The texts for the stores' forms that come from the manifest and from PERMISSIONS.md. Pure. */
import { isHost, justification, type Manifest, permissionsOf, type Reason } from "./reasons.ts";

export const SINGLE_PURPOSE =
  "Foretype completes what the user types. While the user writes in a text field of a site that they allowed, it shows the probable rest of the sentence in grey after the caret, and one key inserts it. The suggestions come from a Foretype server, which the user runs on their own computer or their team runs.";

/** The categories of data in the Chrome Web Store's form, and the one of Firefox's manifest that means the same. */
const CHROME_DATA: readonly (readonly [name: string, firefox: string | null])[] = [
  ["Personally identifiable information", "personallyIdentifyingInfo"],
  ["Health information", "healthInfo"],
  ["Financial and payment information", "financialAndPaymentInfo"],
  ["Authentication information", "authenticationInfo"],
  ["Personal communications", "personalCommunications"],
  ["Location", "locationInfo"],
  ["Web history", "browsingActivity"],
  ["User activity", "websiteActivity"],
  ["Website content", "websiteContent"],
];

export interface Field {
  readonly name: string;
  readonly text: string;
}

/** One field of the form for each permission, and one for all hosts together, in the order of the form. */
export function chromeJustifications(manifest: Manifest, reasons: readonly Reason[]): Field[] {
  const requested = permissionsOf(manifest);
  const reasonsFor = (wanted: (name: string) => boolean) =>
    reasons.filter(({ permissions }) => permissions.some((one) => requested.includes(one) && wanted(one)));
  const fields = requested
    .filter((one) => !isHost(one))
    .map((name) => ({ name: `${name} justification`, text: justification(reasonsFor((one) => one === name)) }));
  return [...fields, { name: "Host permission justification", text: justification(reasonsFor(isHost)) }];
}

/** The data that leaves the browser, as the Firefox manifest declares it. Throws if the Chrome form has no such category. */
function collected(firefox: Manifest): string[] {
  const declared = firefox.browser_specific_settings?.gecko?.data_collection_permissions?.required ?? [];
  const unknown = declared.filter((one) => !CHROME_DATA.some(([, name]) => name === one));
  if (unknown.length > 0)
    throw new Error(`scripts/store/answers.ts: add the Chrome Web Store's category for ${unknown.join(", ")}.`);
  return [...declared];
}

/** The whole "Privacy" tab of the Chrome Web Store's dashboard, as Markdown. */
export function chromePrivacy(chrome: Manifest, firefox: Manifest, reasons: readonly Reason[], policy: string): string {
  const declared = collected(firefox);
  const boxes = CHROME_DATA.map(([name, one]) => `- [${one !== null && declared.includes(one) ? "x" : " "}] ${name}`);
  const fields = chromeJustifications(chrome, reasons).map(({ name, text }) => `### ${name}\n\n${text}`);
  return `# Chrome Web Store: the answers for the tab "Privacy"

## Single purpose

${SINGLE_PURPOSE}

## Permission justification

${fields.join("\n\n")}

## Remote code

No, I am not using remote code. All scripts are in the package, and the content security policy of its pages is \`script-src 'self'\`.

## Data usage

The extension sends data only to the user's own server: the text of the field in which the user writes, the label of a field of one line, the
subject of a mail and, only if the user switches that on (it is off by default), the mail that is answered. The same data is declared in the Firefox manifest.

${boxes.join("\n")}

Tick all three certifications: the data is not sold or given to third parties, is used only for the single purpose, and is not used to
determine creditworthiness or for lending.

## Privacy policy

${policy}
`;
}

/** The answers about data, permissions and source code for addons.mozilla.org, as Markdown. */
export function mozillaPrivacy(firefox: Manifest, reasons: readonly Reason[], policy: string): string {
  const permissions = reasons.map(({ permissions, when, purpose, without }) => {
    const names = permissions.map((one) => `\`${one}\``).join(", ");
    return `- ${names}, requested ${when}. ${purpose} Without it: ${without}`;
  });
  return `# addons.mozilla.org: data, permissions and source code

## Data collection

The manifest declares: ${collected(firefox).join(", ")}. This is the text of the field in which the user writes, the label of a field of one
line, the subject of a mail and, only if the user switches that on (it is off by default), the mail that is answered. It is sent only to the
user's own server. Mozilla shows this declaration to the user at the installation.

## Permissions

${permissions.join("\n")}

## "Do you use a code generator, a minifier or a bundler?"

Yes. Upload the archive of sources. SOURCES.md in the archive says how to build the same files.

## Privacy policy

${policy}
`;
}

/** How a reviewer can try the extension: it needs a server. */
export function reviewerNotes(home: string): string {
  return `The extension needs a Foretype server. The server is free and runs on your machine. It needs Python 3.11 or later and make, but no account and no GPU.

1. Download Foretype's sources: ${home}
2. In their folder, run: make serve
   The first start installs 270 MB of packages and prepares a model of up to 159 MB, in 1 to 3 minutes. It then prints an address with a pairing code.
3. Install the extension. Its welcome page opens.
4. Paste the pairing code (the part of the printed address after "#code=") into "Pairing code or token". The page connects at once.
5. On the same page, click into "A message". The rest of the sentence appears in grey. Tab accepts a word, Esc dismisses the suggestion.
6. To try it on another site, press "All sites" on the welcome page, or open a site, press the toolbar icon and then "Allow on this site".

Without a server, the popup and the welcome page say that no server answers, and how to start one.

The extension loads no code when it runs. It sends the text of the focused field only to the paired server. The reasons for all permissions are in extension/PERMISSIONS.md.

Firefox: the archive of sources builds exactly the files in the add-on. SOURCES.md in it says how: npm ci, then npm run build:firefox, with Node.js 22.
`;
}
