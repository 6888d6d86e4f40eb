import { waitBefore } from "./backoff.ts";
import {
  type ChallengeFrame,
  type ClientFrame,
  type ErrorFrame,
  readFrame,
  type ServerFrame,
  SUBPROTOCOL,
  type SuggestionFrame,
  UNAUTHORIZED,
  type Welcome,
} from "./frames.ts";
import { type Claim, Prover } from "./proof.ts";
import { isSentItself } from "./signed-token.ts";

/** The states of a connection. The set is closed. */
export type ConnectionState =
  | "closed" // not needed now
  | "connecting" // the first attempt
  | "ready" // the server has sent `welcome`
  | "lost" // the server is unreachable; the connection retries by itself
  | "unproven" // another program answers, which does not know the token; nothing was sent to it; the connection retries by itself
  | "refused"; // the server does not accept the token; there is no retry

export interface Server {
  readonly socketUrl: string;
  readonly token: string;
}

export interface Listener {
  state(state: ConnectionState): void;
  welcome(welcome: Welcome): void;
  frame(frame: SuggestionFrame | ErrorFrame): void;
}

/** Proves a token that is not sent. */
export type TokenProver = Pick<Prover, "claim" | "answer">;

/** The parts of the browser that a connection uses. A test replaces them. */
export interface World {
  open(url: string, protocol: string): WebSocket;
  prover(token: string): TokenProver;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  random(): number;
}

const BROWSER: World = {
  open: (url, protocol) => new WebSocket(url, protocol),
  prover: (token) => new Prover(token),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as number),
  random: Math.random,
};

/** If a server accepts the connection but sends no `welcome` within this time, it counts as unreachable. */
const WELCOME_WITHIN_MS = 5000;

/**
 * One WebSocket to one server. It lets the server prove that it knows the token, proves the token itself, reads frames, and reconnects by
 * itself after growing, partly random waits. The token is never sent, and nothing else is sent to a server that has proved nothing. A signed
 * token over TLS is the exception: the server's certificate is its proof, and the token is sent.
 */
export class Connection {
  readonly #server: Server;
  readonly #client: string;
  readonly #listener: Listener;
  readonly #world: World;
  readonly #prover: TokenProver;
  #state: ConnectionState = "closed";
  #socket: WebSocket | null = null;
  #timer: unknown;
  #attempt = 0;
  /** How long the server asked to wait before the next attempt, in milliseconds. */
  #wait: number | null = null;
  /** The claim on the current socket. */
  #claim: Claim | null = null;
  /** Whether the server has proved on the current socket that it knows the token. */
  #isProven = false;

  constructor(server: Server, client: string, listener: Listener, world: World = BROWSER) {
    this.#server = server;
    this.#client = client;
    this.#listener = listener;
    this.#world = world;
    this.#prover = world.prover(server.token);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Opens the connection if it is closed. */
  open(): void {
    if (this.#state === "closed") this.#connect();
  }

  close(): void {
    this.#world.clearTimeout(this.#timer);
    this.#forgetSocket();
    this.#become("closed");
  }

  /** False if the frame can't be sent now. */
  send(frame: ClientFrame): boolean {
    if (this.#state !== "ready" || this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** The socket looks open, but no answers arrive: drops it and reconnects. */
  doubt(): void {
    if (this.#state === "ready") this.#lose(0);
  }

  #connect(): void {
    if (this.#state !== "lost" && this.#state !== "unproven") this.#become("connecting");
    const socket = this.#world.open(this.#server.socketUrl, SUBPROTOCOL);
    this.#socket = socket;
    this.#claim = null;
    this.#isProven = false;
    // A dropped socket may still call its listeners. Only the newest socket counts.
    const current = () => this.#socket === socket;
    socket.onopen = () => {
      if (current()) void this.#greet(socket);
    };
    socket.onmessage = ({ data }) => {
      if (current()) this.#receive(readFrame(data), socket);
    };
    socket.onclose = ({ code }) => {
      if (current()) this.#lose(code);
    };
    this.#timer = this.#world.setTimeout(() => this.#lose(0), WELCOME_WITHIN_MS);
  }

  async #greet(socket: WebSocket): Promise<void> {
    const { socketUrl, token } = this.#server;
    if (isSentItself(token, socketUrl)) {
      this.#isProven = true;
      socket.send(JSON.stringify({ type: "hello", token, client: this.#client }));
      return;
    }
    const claim = await this.#prover.claim(socketUrl).catch(() => null);
    if (this.#socket !== socket) return;
    if (!claim) return this.#lose(0);
    this.#claim = claim;
    socket.send(JSON.stringify({ type: "hello", ...claim, client: this.#client }));
  }

  #receive(frame: ServerFrame | null, socket: WebSocket): void {
    if (frame?.type === "challenge") {
      if (!this.#isProven) void this.#answer(frame, socket);
    } else if (frame?.type === "error") {
      this.#wait = frame.retryMs ?? null;
      this.#listener.frame(frame);
    } else if (frame && !this.#isProven) this.#retry("unproven");
    else if (frame?.type === "welcome") {
      this.#world.clearTimeout(this.#timer);
      this.#attempt = 0;
      this.#become("ready");
      this.#listener.welcome(frame);
    } else if (frame) this.#listener.frame(frame);
  }

  /** The server's proof comes first: a program that does not know the token gets nothing of it. */
  async #answer(challenge: ChallengeFrame, socket: WebSocket): Promise<void> {
    const proof = this.#claim && (await this.#prover.answer(this.#claim, challenge));
    if (this.#socket !== socket) return;
    if (proof === null) return this.#retry("unproven");
    this.#isProven = true;
    socket.send(JSON.stringify({ type: "proof", proof }));
  }

  #lose(code: number): void {
    if (code !== UNAUTHORIZED) return this.#retry("lost");
    this.#world.clearTimeout(this.#timer);
    this.#forgetSocket();
    this.#become("refused");
  }

  #retry(state: "lost" | "unproven"): void {
    this.#world.clearTimeout(this.#timer);
    this.#forgetSocket();
    this.#become(state);
    const wait = this.#wait ?? waitBefore(this.#attempt, this.#world.random());
    this.#wait = null;
    this.#timer = this.#world.setTimeout(() => this.#connect(), wait);
    this.#attempt += 1;
  }

  #forgetSocket(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #become(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#listener.state(state);
  }
}
