/** The pages of other sites on which the store's pictures show the extension. Everything on them is made up. */

const STYLE = `<meta name="color-scheme" content="light"><style>
  body { margin: 0; padding: 20px 34px; font: 16px/1.5 "Liberation Sans", Arial, sans-serif; background: #fff; color: #1e1c19 }
  h1 { margin: 0 0 16px; font-size: 22px }
  label, .line { color: #5d636f; font-size: 14px }
  .line { padding: 9px 0; border-bottom: 1px solid #e6e8ee } .line b { font-weight: 400; color: #1e1c19 }
  #field[contenteditable] { padding-top: 16px; outline: none; font-size: 20px; line-height: 1.6 }
  .send { position: absolute; left: 34px; bottom: 26px; padding: 8px 26px; border-radius: 99px; background: #2f5fd0; color: #fff; font-weight: 600 }
  .two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 18px }
  input, textarea { display: block; box-sizing: border-box; width: 100%; margin: 4px 0 13px; padding: 8px 12px; border: 1px solid #c9cedb; border-radius: 8px; font: 18px/1.5 "Liberation Sans", Arial, sans-serif; color: inherit; resize: none; outline-color: #2f5fd0 }
</style>`;

export interface Scene {
  readonly address: string;
  readonly html: string;
  /** What is typed into `#field`. The model completes it. */
  readonly typed: readonly string[];
  /** How the suggestion begins. */
  readonly suggestion: RegExp;
}

export const MAIL: Scene = {
  address: "http://mail.example.org/",
  html: `${STYLE}<div class="line">To <b>Maria Jensen</b></div><div class="line">Subject <b>Garden party on Saturday</b></div>
<div id="field" contenteditable="true" role="textbox" aria-label="Message" spellcheck="false"></div><div class="send">Send</div>`,
  typed: ["Dear Maria,", "Thank you for the invitation! I will bring a cake.", "I look forward to hearing f"],
  suggestion: /^rom you/,
};

/** The mail on a page half of which the popup covers. Its lines end before the popup. */
export const MAIL_BESIDE_POPUP: Scene = {
  ...MAIL,
  html: `<style>#field[contenteditable] { width: 290px }</style>${MAIL.html}`,
  typed: ["Dear Maria,", "I look forward to hearing f"],
};

export const FORM: Scene = {
  address: "http://library.example.org/",
  html: `${STYLE}<h1>Book a room for your reading group</h1>
<div class="two"><div><label for="name">Your name</label><input id="name" value="Anna Lind"></div>
<div><label for="date">Date</label><input id="date" value="12 March, 6 pm"></div></div>
<label for="field">Your message</label><textarea id="field" rows="4" spellcheck="false"></textarea>`,
  typed: ["We are a group of eight people and would like to meet once a month. We look forward to hearing f"],
  suggestion: /^rom you/,
};
