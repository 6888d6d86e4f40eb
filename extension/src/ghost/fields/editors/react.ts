/** The parts that are used of a node in React's tree of components. */
export interface Fiber {
  readonly return: Fiber | null;
  readonly memoizedProps?: unknown;
  /** A component that is a class: its object. */
  readonly stateNode?: unknown;
}

/** React keeps the node of an element in a property of this name and a random ending. Before React 17 it was the second one. */
const PROPERTY = /^__react(Fiber|InternalInstance)\$/;

/** The nodes of the components around an element that React has drawn, from the inside to the outside. */
export function* fibersAround(element: HTMLElement): Generator<Fiber> {
  const key = Object.keys(element).find((name) => PROPERTY.test(name));
  let fiber = key ? ((element as unknown as Record<string, Fiber | null>)[key] ?? null) : null;
  for (; fiber; fiber = fiber.return) yield fiber;
}
