/**
 * A copy of Gmail's fields: the structure, the attributes and the keys of its compose window and its reply box, with a signature and a
 * quoted mail.
 */

const BODY = (content: string) =>
  `<div class="Am aiL Al editable LW-avf tS-tW" hidefocus="true" aria-label="Message Body" g_editable="true" role="textbox" aria-multiline="true" contenteditable="true" tabindex="1" spellcheck="false" aria-owns=":m1" aria-controls=":m1" aria-expanded="false" style="direction: ltr; min-height: 180px; width: 700px; font: small/1.5 Arial, Helvetica, sans-serif; outline: none">${content}</div>`;

const SIGNATURE =
  '<div><br clear="all"></div><div><br></div><span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature"><div dir="ltr">Ann Lee<br>Harbour Street 4</div></div>';

const QUOTE =
  '<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Tue, Nov 24, 2026 at 9:14 AM Bob &lt;<a href="mailto:bob@example.org">bob@example.org</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin: 0 0 0 0.8ex; border-left: 1px solid rgb(204, 204, 204); padding-left: 1ex"><div dir="ltr">Hi Ann,<div>Are you free on Friday?</div></div></blockquote></div>';

/** Gmail handles these keys before the message body gets them: Tab goes to "Send", Ctrl+Enter sends, Escape leaves the window. */
const KEYS = `<script>
  document.addEventListener("keydown", (event) => {
    const body = event.target.closest('[g_editable="true"]');
    if (!body) return;
    const send = document.querySelector(".aoO");
    if (event.key === "Tab" && !event.shiftKey) { send.focus(); event.preventDefault(); event.stopPropagation(); }
    if (event.key === "Escape") { body.blur(); event.stopPropagation(); }
    if (event.key === "Enter" && event.ctrlKey) { send.click(); event.preventDefault(); }
  }, true);
</script>`;

const WINDOW = (body: string) =>
  `<div class="nH Hd" role="dialog" aria-label="New Message"><form class="bAs" enctype="multipart/form-data" onsubmit="return false"><input name="subjectbox" class="aoT" placeholder="Subject" aria-label="Subject" spellcheck="true" tabindex="1" style="width: 700px"><table class="iN"><tbody><tr><td class="Ap"><div class="Ar Au" style="max-height: 300px; overflow: auto">${body}</div></td></tr></tbody></table><div role="button" class="T-I J-J5-Ji aoO" tabindex="1" data-tooltip="Send">Send</div></form></div>${KEYS}`;

export const COMPOSE = WINDOW(BODY(`<div><br></div>${SIGNATURE}`));
export const REPLY = WINDOW(BODY(`<div dir="ltr"><br></div>${SIGNATURE}${QUOTE}`));

const MAIL = (text: string) =>
  `<div class="adn ads" role="listitem"><h3 class="iw"><span class="gD" email="bob@example.org">Bob</span></h3><div class="ii gt"><div class="a3s aiL"><div dir="ltr">${text}</div><div class="yj6qo"></div></div></div></div>`;

/** Two mails of a thread, the second with what it quotes, and the reply box under them. */
export const THREAD = `<div class="nH"><h2 class="hP">Lunch</h2><div role="list">${MAIL("An older mail, <b>Ann</b>.")}${MAIL(`Hi Ann,<br><br>are you free on <b>Friday</b>?<div>We could go to the harbour.</div>${QUOTE}`)}<div class="adn ads" role="listitem"><div class="aO7"><form class="bAs" onsubmit="return false">${BODY("<br>")}<div role="button" class="aoO">Send</div></form></div></div></div></div>${KEYS}`;
