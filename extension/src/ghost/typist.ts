import type { Client } from "./client.ts";
import { type Answer, Conversation, type Step } from "./conversation.ts";
import { type Anchor, type Choice, decide, type Live, positionIn, somethingFollows, whyNotHere } from "./decide.ts";
import type { Field, FieldKind } from "./fields/field.ts";
import { actOf, type Press } from "./keys.ts";
import type { Place } from "./place.ts";
import { nextWord } from "./words.ts";

/** How many other ways to go on are asked for. */
const ALTERNATIVES = 3;

/** Where ghost text is drawn. */
export interface Screen {
  /** Draws, or moves what is drawn. False where it could not be seen there: then nothing is drawn. */
  show(text: string, position: "inline" | "below", place: Place, choice: Choice | null): boolean;
  hide(): void;
  /**
   * Whether what is drawn is still seen, and nothing has come over it. Asked when a key goes down: the page stands still then, and
   * the browser has the answer ready, which it has not after a letter has been typed.
   */
  isStillSeen(): boolean;
}

/** One field while it has the focus. */
interface Session {
  readonly field: Field;
  readonly name: string;
  readonly conversation: Conversation;
  composing: boolean;
  /** What came in last was not typed, and no key has gone down since. */
  dictated: boolean;
  /** The text as it was read last. */
  live: Live | null;
  /** A write went wrong here: the field is left alone until it is focused anew. */
  leftAlone: boolean;
}

interface Drawn {
  readonly text: string;
  readonly seq: number;
  readonly atLineEnd: boolean;
  readonly rightToLeft: boolean;
}

/**
 * Follows one person's typing from field to field: asks about the text, draws what comes back while it fits, and takes the few keys
 * that are meant for it. It sees no events; `listen` calls it.
 */
export class Typist {
  readonly #client: Client;
  readonly #screen: Screen;
  #fields = 0;
  #session: Session | null = null;
  #drawn: Drawn | null = null;
  #whenAnswered = () => this.changed();
  readonly #failed = new WeakSet<HTMLElement>();
  #writing = false;
  /** Keys that came while a write was under way: their turn is after it. */
  #waiting: Press[] = [];

  constructor(client: Client, screen: Screen) {
    this.#client = client;
    this.#screen = screen;
    client.onChange(() => this.changed());
    client.onAnswer((field, answer) => this.#answered(field, answer));
  }

  /** Whether `element` once did not take text as it should have. */
  hasFailedIn(element: HTMLElement): boolean {
    return this.#failed.has(element);
  }

  /** Calls `listener`, which calls `changed` in its own time, in place of drawing an answer at once. */
  onAnswer(listener: () => void): void {
    this.#whenAnswered = listener;
  }

  /** Whether a person wants fields of this kind left alone. */
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
      leftAlone: false,
    };
    this.#client.focused();
  }

  leave(): void {
    this.#erase();
    if (this.#session) this.#client.left(this.#session.name);
    this.#session = null;
  }

  compose(composing: boolean): void {
    if (!this.#session) return;
    this.#session.composing = composing;
    this.changed();
  }

  /** Words came in without a key: until one goes down, nothing is offered. */
  dictated(): void {
    if (this.#session && !this.#writing) this.#session.dictated = true;
  }

  /** The text, the caret, or where they stand may be another one: what is on the screen and what is asked follow. */
  changed(): void {
    const session = this.#session;
    if (!session || this.#writing) return;
    const live = this.#live(session);
    this.#draw(session, live);
    if (live) this.#ask(session, live);
  }

  /** Does what the key asks for. True where the key is used up, and the page must not see it. */
  press(press: Press): boolean {
    const session = this.#session;
    if (session && press.isTrusted) session.dictated = false;
    if (!session || !this.#drawn) return false;
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
    // What is on the screen was right when it was drawn. Only what is right now may be taken.
    this.#draw(session, this.#live(session));
    if (!this.#drawn) return false;
    if (act === "dismiss") this.#dismiss(session, this.#drawn);
    else if (act === "next" || act === "previous") this.#choose(session, act === "next" ? 1 : -1);
    else void this.#take(session, this.#drawn, act === "word" ? nextWord(this.#drawn.text) : this.#drawn.text);
    return true;
  }

  #live(session: Session): Live | null {
    if (!this.#client.on || session.leftAlone || !session.field.open) return null;
    if (this.isOff(session.field.kind)) return null;
    const text = session.field.read(this.#client.contextChars);
    return text && { ...text, composing: session.composing, dictated: session.dictated };
  }

  #ask(session: Session, live: Live): void {
    const { conversation } = session;
    if (whyNotHere(live) || live.before.trim() === "") return;
    if (conversation.isAsked(live) || conversation.isDismissed(live)) return;
    this.#send(session, conversation.ask(live));
  }

  #send({ field, name }: Session, { seq, before, after }: Anchor, alternatives = 0): void {
    const kind = field.kind === "code" || field.kind === "line" ? "text" : field.kind;
    const keystroke = { field: name, seq, before, after, kind };
    this.#client.keystroke(alternatives > 0 ? { ...keystroke, alternatives } : keystroke);
  }

  /** Shows the next way to go on, or the one before. They are asked for when they are first wanted. */
  #choose(session: Session, step: Step): void {
    if (!session.live) return;
    const anchor = session.conversation.choose(session.live, step);
    if (anchor) this.#send(session, anchor, ALTERNATIVES);
    else this.#draw(session, session.live);
  }

  #answered(name: string, answer: Answer): void {
    const session = this.#session;
    if (session?.name !== name) return;
    session.conversation.answer(answer);
    if (!this.#isDrawnAlready(session)) this.#whenAnswered();
  }

  /** Whether the newest answer says what is on the screen: most do while one types through it. */
  #isDrawnAlready({ conversation, live }: Session): boolean {
    const shown = live && decide(conversation.held, live);
    if (shown?.kind !== "ghost" || shown.text !== this.#drawn?.text || shown.choice) return false;
    this.#drawn = { ...this.#drawn, seq: shown.seq };
    return true;
  }

  #draw(session: Session, live: Live | null): void {
    session.live = live;
    const shown = live && decide(session.conversation.held, live);
    const place = shown?.kind === "ghost" ? session.field.place() : null;
    if (!live || shown?.kind !== "ghost" || !place) return this.#erase();
    const { text, seq } = shown;
    const { rightToLeft } = place;
    const position = positionIn(shown, live, rightToLeft);
    if (!position || !this.#screen.show(text, position, place, shown.choice)) return this.#erase();
    this.#drawn = { text, seq, atLineEnd: !somethingFollows(live.after), rightToLeft };
  }

  #erase(): void {
    if (!this.#drawn) return;
    this.#drawn = null;
    this.#screen.hide();
  }

  async #take(session: Session, drawn: Drawn, text: string): Promise<void> {
    // The field's own input event comes while it is being written: it is answered once, when it is known what was written.
    this.#writing = true;
    // What an editor or a page makes of it may fail in any way.
    const written = await session.field.insert(text).catch(() => "unverified" as const);
    this.#writing = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (written === "written") this.#client.accepted(session.name, drawn.seq, text);
    else this.#giveUp(session);
    this.changed();
    if (this.#session === session) for (const press of waiting) this.press(press);
  }

  #giveUp(session: Session): void {
    session.leftAlone = true;
    this.#failed.add(session.field.element);
  }

  #dismiss(session: Session, drawn: Drawn): void {
    session.conversation.dismiss();
    this.#client.dismissed(session.name, drawn.seq);
    this.#erase();
  }
}
