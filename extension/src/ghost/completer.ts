import type { Client, Context } from "./client.ts";
import { type Answer, type ChoiceOffset, Conversation } from "./conversation.ts";
import {
  type Anchor,
  decide,
  type Live,
  mayCorrect,
  obstacleTo,
  positionIn,
  type Reason,
  somethingFollows,
} from "./decide.ts";
import type { Field, Written } from "./fields/field.ts";
import type { FieldKind } from "./fields/field-kind.ts";
import { type Act, actOf, isAsking, type Press } from "./keys.ts";
import type { Screen } from "./screen.ts";
import { CLIPBOARD, snippetAt } from "./snippet.ts";
import { textOf } from "./snippet-text.ts";
import { type HistoryStep, stepOf, TakenTexts } from "./taken-texts.ts";
import { firstOf } from "./text/cut.ts";
import { nextWord } from "./text/words.ts";

/** The number of other suggestions that are requested. */
const ALTERNATIVES = 3;

/**
 * How often the same text is sent again after the server ran out of time. A server that was just started has to read a long text first,
 * which takes longer than it has for one answer; it keeps what it has read.
 */
const RETRIES = 3;

/** With these reasons for drawing nothing, a suggestion that the user requested will not be drawn again. */
const OVER: readonly Reason[] = ["empty", "used_up", "other_text", "one_letter"];

/** One field while it has the focus. */
interface Session {
  readonly field: Field;
  readonly name: string;
  readonly conversation: Conversation;
  composing: boolean;
  /** The last text was inserted without a key, and no key was pressed since. */
  dictated: boolean;
  /** The text as it was read last. */
  live: Live | null;
  /** A suggestion was written into this field. */
  hasTaken: boolean;
  readonly taken: TakenTexts;
  /** The last key, or the last input event, was this step in the history of the field. */
  step: HistoryStep | null;
  /** A write failed in this field: there are no suggestions until it gets the focus again. */
  leftAlone: boolean;
  /** The user requested one suggestion by a key, where none appears by itself, and has not used it up yet. */
  once: boolean;
  /** The user dismissed a suggestion, so the server may suggest nothing in this field until the next word begins. */
  isHushed: boolean;
  /** How often the newest text was sent again. */
  retries: number;
  /** The number of keys for other suggestions since a suggestion was last accepted. */
  choices: number;
  /** The last key was Enter. */
  hasEntered: boolean;
  /** The server was sent text of this field, and was not told since that the user has left it. */
  hasSent: boolean;
  /** The mail that is answered, as it was when it was found, or when the first text was sent; null before that. */
  answered: string | null;
  /** The same for the label of the field. */
  label: string | null;
}

interface Drawn {
  /** What the user can read: the whole suggestion, or its first words. Keys accept only this. */
  readonly text: string;
  readonly whole: string;
  readonly seq: number;
  readonly atLineEnd: boolean;
  readonly rightToLeft: boolean;
  /** It stands in place of what was typed: a key accepts the whole of it. */
  readonly replacement: Replacement | null;
}

/** A snippet of the user, or a correction. */
interface Replacement {
  readonly kind: "snippet" | "correction";
  /** The typed text before the caret that it replaces. */
  readonly replaced: string;
  readonly text: string;
}

/**
 * Follows the user from field to field: it asks about the text, draws each suggestion while it fits, and acts on the keys that accept,
 * dismiss or change it. It hears no events itself: `listen` calls it.
 */
export class Completer {
  readonly #client: Client;
  readonly #screen: Screen;
  #fields = 0;
  #session: Session | null = null;
  #drawn: Drawn | null = null;
  #whenAnswered = () => this.changed();
  #whenDrawn: (around: readonly Element[] | null) => void = () => {};
  readonly #failed = new WeakSet<HTMLElement>();
  readonly #completedByPage = new WeakSet<HTMLElement>();
  #writing = false;
  /** Keys that were pressed during a write. They are handled after it. */
  #waiting: Press[] = [];

  constructor(client: Client, screen: Screen) {
    this.#client = client;
    this.#screen = screen;
    client.onChange(() => this.changed());
    client.onAnswer((field, answer) => this.#answered(field, answer));
    client.onForgotten(() => {
      if (this.#session?.conversation.isWaiting) this.#askAgain(this.#session);
    });
    client.onSnippet((field, offer) => {
      if (this.#session?.name !== field) return;
      this.#session.conversation.offer(offer);
      this.#whenAnswered();
    });
  }

  /** Whether a write into `element` has failed before. */
  hasFailedIn(element: HTMLElement): boolean {
    return this.#failed.has(element);
  }

  /** Whether the page has drawn suggestions of its own in `element`. */
  isCompletedByPage(element: HTMLElement): boolean {
    return this.#completedByPage.has(element);
  }

  /** For each answer, calls `listener` instead of drawing at once. The listener calls `changed` when it is time to draw. */
  onAnswer(listener: () => void): void {
    this.#whenAnswered = listener;
  }

  /**
   * Calls `listener` when ghost text is drawn, with the field, and with the frame around its document if ghost text is outside of that
   * document; and with null when nothing is drawn any more.
   */
  onDrawn(listener: (around: readonly Element[] | null) => void): void {
    this.#whenDrawn = listener;
  }

  get isDrawing(): boolean {
    return this.#drawn !== null;
  }

  /** Whether the user has turned off fields of this kind. */
  isOff(kind: FieldKind): boolean {
    return kind === "code" ? !this.#client.codeToo : this.#client.fieldsOff.includes(kind);
  }

  get element(): HTMLElement | null {
    return this.#session?.field.element ?? null;
  }

  enter(field: Field): void {
    if (this.#session?.field.element === field.element) return;
    this.leave();
    this.#fields += 1;
    this.#session = {
      field,
      name: `f${this.#fields}`,
      conversation: new Conversation(),
      composing: false,
      dictated: false,
      live: null,
      hasTaken: false,
      taken: new TakenTexts(),
      step: null,
      leftAlone: false,
      once: false,
      isHushed: false,
      retries: 0,
      choices: 0,
      hasEntered: false,
      hasSent: false,
      answered: null,
      label: null,
    };
    this.#client.focused();
  }

  leave(): void {
    this.#setDrawn(null, []);
    this.#screen.leave();
    if (this.#session) this.#sayLeft(this.#session);
    this.#session = null;
  }

  compose(composing: boolean): void {
    if (!this.#session) return;
    this.#session.composing = composing;
    this.changed();
  }

  /** Text was inserted without a key: there are no suggestions until a key is pressed. */
  dictated(): void {
    if (this.#session && !this.#writing) this.#session.dictated = true;
  }

  /** An undo or a redo of the browser has changed the text. It may come from a menu, without a key. */
  stepped(step: HistoryStep): void {
    if (this.#session) this.#session.step = step;
  }

  /** The text, the caret, or their place on the screen may have changed: draws again, and asks about a new text. */
  changed(): void {
    const session = this.#session;
    if (!session || this.#writing) return;
    if (this.#client.on) session.once = false;
    const live = this.#read(session);
    this.#draw(session, live);
    this.#sayWhenSent(session, live);
    if (live) this.#followHistory(session, live);
    if (session.once) this.#endOnce(session, live);
    else if (live) this.#ask(session, live);
  }

  /** The page has changed in some way that may concern ghost text, such as by something that covers the field. */
  disturbed(): void {
    this.#screen.doubt();
    this.changed();
  }

  /** Draws nothing until something changes. */
  hide(): void {
    this.#erase();
  }

  /** Handles a key. True if the key is used, and the page must not get it. */
  press(press: Press): boolean {
    const session = this.#session;
    if (session && press.isTrusted) session.dictated = false;
    if (!session) return false;
    // The next message may begin before anything has said that the field changed: a page that empties it by a script causes no event.
    if (session.hasEntered) this.#sayWhenSent(session, this.#read(session));
    session.hasEntered = press.key === "Enter";
    const step = stepOf(press);
    if (step !== undefined) session.step = step;
    if (!this.#client.on && isAsking(press, this.#client.keys)) return this.#askOnce(session);
    if (!this.#drawn) return false;
    if (!this.#writing && !this.#screen.isStillSeen()) {
      this.#erase();
      return false;
    }
    const act = actOf(press, this.#drawn, this.#client.keys);
    if (!act) return false;
    if (this.#writing) {
      this.#waiting.push(press);
      return true;
    }
    // The suggestion fitted when it was drawn. It is accepted only if it still fits now.
    this.#draw(session, this.#read(session));
    if (!this.#drawn) return false;
    this.#act(session, this.#drawn, act);
    return true;
  }

  /**
   * A chat empties its field when Enter sends the message. For learning, the field is left: otherwise the server would take the message for a
   * text that the user has deleted.
   */
  #sayWhenSent(session: Session, live: Live | null): void {
    if (!session.hasEntered || !live || live.before.trim() + live.after.trim() !== "") return;
    session.hasEntered = false;
    if (this.#client.learn) this.#sayLeft(session);
  }

  /** A field of which nothing was sent is unknown to the server. */
  #sayLeft(session: Session): void {
    if (!session.hasSent) return;
    session.hasSent = false;
    this.#client.left(session.name);
  }

  /** What the user has undone did not save a keystroke, unless the user redoes it. */
  #followHistory(session: Session, live: Live): void {
    const { taken, step } = session;
    if (step === null) taken.changed(live);
    if (step === "undo") {
      for (const { length, presses, correction } of taken.undone(live)) {
        this.#client.takenBack(length, presses);
        if (correction !== null) this.#dismissUndone(session, live, correction);
      }
    }
    if (step === "redo") for (const { length, presses } of taken.redone(live)) this.#client.takenAgain(length, presses);
  }

  /** A correction that the user has undone is dismissed: the word stays as it was typed. */
  #dismissUndone(session: Session, live: Live, seq: number): void {
    session.conversation.dismiss(live);
    this.#client.dismissed(session.name, seq);
    session.isHushed = true;
    this.#erase();
  }

  #act(session: Session, drawn: Drawn, act: Act): void {
    if (act === "dismiss") this.#dismiss(session, drawn);
    else if (act === "next" || act === "previous")
      this.#choose(session, act === "next" ? 1 : -1, drawn.replacement === null);
    else if (drawn.replacement) void this.#take(session, drawn.replacement, drawn.seq);
    else void this.#accept(session, drawn, act === "word" ? nextWord(drawn.text) : drawn.text);
  }

  #read(session: Session): Live | null {
    if (!(this.#client.on || session.once) || session.leftAlone || !session.field.readable) return null;
    if (this.isOff(session.field.kind)) return null;
    const limit = this.#client.contextChars;
    const text = session.field.read(limit);
    const { composing, dictated, once: byKey } = session;
    return text && { ...text, limit, composing, dictated, oneLine: session.field.oneLine, byKey };
  }

  /** Requests one suggestion for the text as it is now. False if there can be none, so that the page gets the key. */
  #askOnce(session: Session): boolean {
    if (this.#writing) return session.once;
    const wasAsked = session.once;
    session.once = true;
    const live = this.#read(session);
    if (!live || obstacleTo(live) || live.before.trim() === "") {
      session.once = wasAsked;
      return false;
    }
    if (!wasAsked) this.#startOver(session);
    // A key that is held down is pressed again and again.
    if (!(wasAsked && session.conversation.isAsked(live))) this.#askAbout(session, live);
    return true;
  }

  /** What was suggested or dismissed while suggestions appeared by themselves says nothing about a suggestion that the user requests. */
  #startOver(session: Session): void {
    session.conversation.startOver();
    // To the server, a field that was closed is a new one.
    if (session.isHushed) this.#sayLeft(session);
    session.isHushed = false;
  }

  /** If the requested suggestion is used up, or does not fit the text any more, the field is quiet again. */
  #endOnce(session: Session, live: Live | null): void {
    if (this.#drawn?.replacement) return;
    const shown = live && decide(session.conversation.held, live);
    const isOver = shown === null || (shown.kind === "nothing" && OVER.includes(shown.reason));
    if (isOver) this.#beQuiet(session);
  }

  /** Forgets the requested suggestion, and lets the server forget the text. */
  #beQuiet(session: Session): void {
    session.once = false;
    session.live = null;
    session.conversation.dismiss();
    session.isHushed = false;
    this.#sayLeft(session);
    this.#erase();
  }

  #ask(session: Session, live: Live): void {
    const { conversation } = session;
    if (obstacleTo(live)) return;
    if (live.before.trim() === "") return this.#sendAnswered(session, live);
    if (conversation.isAsked(live) || conversation.isDismissed(live)) return;
    this.#askAbout(session, live);
  }

  /**
   * There is nothing to suggest yet, but the server can read the mail that is answered before the first letter is typed. A page may show that
   * mail a moment after the field gets the focus, so it is looked for until it is found or text is typed.
   */
  #sendAnswered(session: Session, live: Live): void {
    if (!this.#client.answeredToo || session.answered !== null) return;
    session.answered = session.field.answered || null;
    if (session.answered) this.#askAbout(session, live);
  }

  #askAbout(session: Session, live: Live): void {
    session.retries = 0;
    this.#send(session, session.conversation.ask(live));
  }

  /** Sends the text of the newest request again if it is still the text of the field. */
  #askAgain(session: Session): void {
    const live = this.#read(session);
    if (live && session.conversation.isAsked(live)) this.#send(session, session.conversation.ask(live));
  }

  /** Whether the server only lacked the time to suggest something, and the user still waits for it. */
  #mayRetry({ conversation, retries }: Session, { final, text, reason, seq }: Answer): boolean {
    const ranOutOfTime = final && text === "" && reason === "budget";
    return ranOutOfTime && conversation.isNewest(seq) && !this.#drawn && retries < RETRIES;
  }

  #send(session: Session, { seq, before, after }: Anchor, alternatives = 0): void {
    const { field, name, once } = session;
    const kind = field.kind === "code" || field.kind === "line" ? "text" : field.kind;
    // Code may contain keys and passwords.
    const learn = this.#client.learn && field.kind !== "code";
    const corrections =
      this.#client.corrections &&
      field.kind !== "code" &&
      field.replace !== undefined &&
      mayCorrect({ oneLine: field.oneLine, before, byKey: once });
    const subject = this.#client.subjectToo ? this.#cut(field.subject) : "";
    const context = this.#contextOf(session);
    session.hasSent = true;
    this.#client.keystroke({
      ...{ field: name, seq, before, after, kind },
      ...(subject ? { subject } : {}),
      ...(Object.keys(context).length > 0 ? { context } : {}),
      ...(learn ? { learn } : {}),
      ...(corrections ? { corrections } : {}),
      ...(alternatives > 0 ? { alternatives } : {}),
      ...(once ? { byKey: true } : {}),
    });
  }

  /** What stands around the field, as far as the user allows it to be read. The page is searched once a field. */
  #contextOf(session: Session): Context {
    const { answeredToo, labelToo } = this.#client;
    if (answeredToo) session.answered ??= session.field.answered;
    if (labelToo) session.label ??= session.field.label;
    return {
      ...(answeredToo && session.answered ? { answered: this.#cut(session.answered) } : {}),
      ...(labelToo && session.label ? { label: this.#cut(session.label) } : {}),
    };
  }

  /** A server refuses a keystroke with a longer text. */
  #cut(text: string): string {
    return firstOf(text, this.#client.contextChars);
  }

  /** Shows the next or the previous suggestion. The others are requested when the user first wants them. */
  #choose(session: Session, offset: ChoiceOffset, isSeen: boolean): void {
    if (!session.live) return;
    session.choices += 1;
    const anchor = session.conversation.choose(session.live, offset, isSeen);
    if (anchor) this.#send(session, anchor, ALTERNATIVES);
    else this.#draw(session, session.live);
  }

  #answered(name: string, answer: Answer): void {
    const session = this.#session;
    if (session?.name !== name || !session.conversation.knows(answer.seq)) return;
    const mayRetry = this.#mayRetry(session, answer);
    session.conversation.answer(answer);
    if (mayRetry) {
      session.retries += 1;
      return this.#askAgain(session);
    }
    // The server has none, so there is nothing to wait for.
    if (session.once && answer.final && !session.conversation.held?.text && !this.#drawn?.replacement)
      return this.#beQuiet(session);
    if (!this.#isDrawnAlready(session) && !this.#hasNothingToDraw(session)) this.#whenAnswered();
  }

  /** Whether the newest answer is already drawn. This is usual while the user types the suggested letters. */
  #isDrawnAlready({ conversation, live }: Session): boolean {
    if (this.#drawn?.replacement) return false;
    const shown = live && decide(conversation.held, live);
    if (shown?.kind !== "ghost" || shown.text !== this.#drawn?.whole || shown.choice) return false;
    this.#drawn = { ...this.#drawn, seq: shown.seq };
    return true;
  }

  /** Whether nothing is drawn, and the newest answer does not change that: usual for a text of which the server knows nothing. */
  #hasNothingToDraw({ conversation, live, once }: Session): boolean {
    return this.#drawn === null && !once && live !== null && decide(conversation.held, live).kind === "nothing";
  }

  #draw(session: Session, live: Live | null): void {
    session.live = live;
    const { field, conversation } = session;
    const snippet = live && field.replace ? snippetAt(conversation.snippet, live, field.takesLines) : null;
    if (live && snippet) {
      const seq = conversation.snippet?.seq ?? 0;
      return this.#drawReplacement(session, live, { kind: "snippet", ...snippet }, snippet.label, seq);
    }
    const shown = live && decide(session.conversation.held, live);
    if (live && shown?.kind === "correction") {
      const { replaced, text, seq } = shown;
      return this.#drawReplacement(session, live, { kind: "correction", replaced, text }, text, seq);
    }
    const placement = shown?.kind === "ghost" ? session.field.placement() : null;
    if (!live || shown?.kind !== "ghost" || !placement) return this.#erase();
    const { text, seq, choice } = shown;
    const { rightToLeft } = placement;
    const byPage = this.#notesPageSuggestion(session.field);
    const position = byPage && !this.#client.besidePage ? null : positionIn(shown, live, rightToLeft, byPage);
    const read = position && this.#screen.show(text, position, placement, choice);
    if (!read) return this.#erase();
    const { element } = session.field;
    const drawn = {
      text: read,
      whole: text,
      seq,
      atLineEnd: !somethingFollows(live.after),
      rightToLeft,
      replacement: null,
    };
    this.#setDrawn(drawn, placement.frame ? [element, placement.frame] : [element]);
  }

  /**
   * As a label, because it replaces what is typed; if a label would cover something, after an arrow in the line, unless the page suggests
   * something there.
   */
  #drawReplacement({ field }: Session, live: Live, replacement: Replacement, label: string, seq: number): void {
    const placement = field.placement();
    const byPage = this.#notesPageSuggestion(field);
    if (!placement || (byPage && !this.#client.besidePage)) return this.#erase();
    const { rightToLeft, frame } = placement;
    const atLineEnd = !somethingFollows(live.after);
    const withArrow = ` ${rightToLeft ? "←" : "→"} ${label}`;
    // A label without an arrow would look like a suggestion in the middle of a text.
    const below = replacement.kind === "correction" ? withArrow : label;
    const spoken = this.#spokenOf(replacement);
    const read =
      this.#screen.show(below, "below", placement, null, spoken) ??
      (atLineEnd && !byPage ? this.#screen.show(withArrow, "inline", placement, null, spoken) : null);
    // The user must see the whole word, because the key takes the whole of it.
    if (!read || (replacement.kind === "correction" && !read.endsWith(label))) return this.#erase();
    const drawn = { text: read, whole: read, seq, atLineEnd, rightToLeft, replacement };
    this.#setDrawn(drawn, frame ? [field.element, frame] : [field.element]);
  }

  /** A correction by itself would sound like a text that continues the line. */
  #spokenOf({ kind, replaced, text }: Replacement): string | undefined {
    const { keys, spoken } = this.#client;
    if (!spoken || kind !== "correction") return undefined;
    return this.#client.correctionSentence(keys.word || keys.all, replaced, text);
  }

  #setDrawn(drawn: Drawn | null, around: readonly Element[]): void {
    this.#drawn = drawn;
    this.#whenDrawn(drawn && around);
  }

  #notesPageSuggestion({ element, hasPageSuggestion }: Field): boolean {
    if (hasPageSuggestion) this.#completedByPage.add(element);
    return hasPageSuggestion;
  }

  #erase(): void {
    if (!this.#drawn) return;
    this.#setDrawn(null, []);
    this.#screen.hide();
  }

  async #accept(session: Session, drawn: Drawn, text: string): Promise<void> {
    await this.#write(
      session,
      () => session.field.insert(text),
      (written) => this.#written(session, drawn, text, written),
    );
  }

  /** The clipboard is read only now, if it is a part of the snippet. If it can't be read, nothing is written. */
  async #take(session: Session, { kind, replaced, text }: Replacement, seq: number): Promise<void> {
    const { field, conversation } = session;
    const replace = async (): Promise<Written> => {
      const whole = kind === "correction" ? text : await textOf(text, field.takesLines);
      // Meanwhile the page may have made the field private.
      if (whole === null || !field.readable) return "refused";
      return (await field.replace?.(replaced, whole)) ?? "refused";
    };
    await this.#write(session, replace, (written) => {
      if (written === "written") {
        session.hasTaken = true;
        // Without Foretype, the user would have pasted the clipboard, and not typed it.
        const [length, presses] = [text.replaceAll(CLIPBOARD, "").length, replaced.length + 1];
        if (session.live) session.taken.add(session.live, length, presses, kind === "correction" ? seq : null);
        if (kind === "snippet") this.#client.snippetTaken(length, presses);
        else this.#client.accepted(session.name, seq, text, presses, replaced.length);
      } else if (written === "refused") conversation.dismiss();
      else this.#giveUp(session);
    });
  }

  async #write(session: Session, write: () => Promise<Written>, written: (outcome: Written) => void): Promise<void> {
    // The write causes an input event of the field. It is handled once, after the write is known to have succeeded or failed.
    this.#writing = true;
    // An editor or a page may throw anything while it takes the text.
    const outcome = await write().catch(() => "unverified" as const);
    this.#writing = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    written(outcome);
    this.changed();
    // During the write, the user may have moved to another field. The keys were not meant for that field.
    if (this.#session !== session) return;
    if (session.live) session.taken.added(session.live);
    for (const press of waiting) this.press(press);
  }

  #written(session: Session, drawn: Drawn, text: string, written: Written): void {
    if (written === "written") {
      session.hasTaken = true;
      this.#report(session, drawn, text);
    } else if (written === "refused" && session.hasTaken) {
      // The field took suggestions before, and may take them again when its text is shorter.
      this.#dismiss(session, drawn);
    } else this.#giveUp(session);
  }

  #report(session: Session, { seq }: Drawn, text: string): void {
    const presses = session.choices + 1;
    session.choices = 0;
    // While Foretype writes, the field is not read, so this is the text before.
    if (session.live) session.taken.add(session.live, text.length, presses);
    this.#client.accepted(session.name, seq, text, presses);
  }

  #giveUp(session: Session): void {
    session.leftAlone = true;
    this.#failed.add(session.field.element);
  }

  #dismiss(session: Session, drawn: Drawn): void {
    session.conversation.dismiss();
    // The server does not know snippets.
    if (drawn.replacement?.kind !== "snippet") {
      this.#client.dismissed(session.name, drawn.seq);
      session.isHushed = true;
    }
    this.#erase();
    if (session.once) this.#beQuiet(session);
  }
}
