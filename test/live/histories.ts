/** Whether everybody has everything once and in one order, or was told what is missing: histories compared. */

/** A message as one of them shows it. */
export interface Shown {
  /** What everybody calls it. */
  readonly name: string
  /** Of the frame it came in; a message that was sealed again has several. */
  readonly id: string
  /** User id. */
  readonly sender: string
  readonly lamport: number
  /** No two messages say the same. */
  readonly text: string
}

export interface Witness {
  readonly nick: string
  /** In the order shown. */
  readonly shown: readonly Shown[]
  /** Ids of messages of which it was told that they are missing, or cannot be read. */
  readonly told: ReadonlySet<string>
}

export interface Missing {
  readonly nick: string
  readonly text: string
  /** Whether it was told of. */
  readonly isNamed: boolean
}

/** What is not as it should be, and how much is. */
export interface Verdict {
  /** Different messages, those that somebody shows and those that should be shown. */
  readonly messages: number
  readonly missing: readonly Missing[]
  /** What one of them shows more than once. */
  readonly doubled: readonly { readonly nick: string; readonly text: string }[]
  /** Messages that have not one name and sender with everybody. */
  readonly ambiguous: readonly string[]
  /** Where somebody begins to show what all show in an order that is not everybody's. */
  readonly disordered: readonly { readonly nick: string; readonly text: string }[]
}

/** @param expected - texts that everybody has to have. */
export function compare(witnesses: readonly Witness[], expected: ReadonlySet<string>): Verdict {
  const texts = new Set([...expected, ...witnesses.flatMap(({ shown }) => shown.map(({ text }) => text))])
  return {
    messages: texts.size,
    missing: missingOf(witnesses, texts),
    doubled: witnesses.flatMap(({ nick, shown }) => {
      const seen = new Set<string>()
      return shown.flatMap(({ text }) => (seen.size === seen.add(text).size ? [{ nick, text }] : []))
    }),
    ambiguous: ambiguousOf(witnesses),
    disordered: disorderedOf(witnesses)
  }
}

/** Whether nobody lacks anything without having been told, and everything else is as it should be. */
export const isGood = ({ missing, doubled, ambiguous, disordered }: Verdict): boolean =>
  missing.every(({ isNamed }) => isNamed) && doubled.length + ambiguous.length + disordered.length === 0

function missingOf(witnesses: readonly Witness[], texts: ReadonlySet<string>): Missing[] {
  const senders = Map.groupBy(newestOf(witnesses).values(), ({ sender }) => sender)
  const ids = Map.groupBy(
    witnesses.flatMap(({ shown }) => shown),
    ({ text }) => text
  )
  return witnesses.flatMap(({ nick, shown, told }) => {
    const has = new Set(shown.map(({ text }) => text))
    const named = new Set<string>()
    for (const said of senders.values()) {
      // Whoever is told of one that is missing is told of all that its sender said before it, down to the next it has.
      let isTold = false
      for (const { text } of said.toSorted((a, b) => b.lamport - a.lamport)) {
        isTold = !has.has(text) && (isTold || ids.get(text)!.some(({ id, name }) => told.has(id) || told.has(name)))
        if (isTold) named.add(text)
      }
    }
    return [...texts].filter((text) => !has.has(text)).map((text) => ({ nick, text, isNamed: named.has(text) }))
  })
}

/** Each message once, as somebody shows it. */
const newestOf = (witnesses: readonly Witness[]): Map<string, Shown> =>
  new Map(witnesses.flatMap(({ shown }) => shown.map((one) => [one.text, one] as const)))

function ambiguousOf(witnesses: readonly Witness[]): string[] {
  const names = new Map<string, Set<string>>()
  for (const { name, sender, text } of witnesses.flatMap(({ shown }) => shown))
    names.set(text, (names.get(text) ?? new Set()).add(`${sender} ${name}`))
  return [...names].flatMap(([text, all]) => (all.size > 1 ? [text] : []))
}

/** Everybody is compared with whoever shows most. */
function disorderedOf(witnesses: readonly Witness[]): { nick: string; text: string }[] {
  const most = witnesses.toSorted((a, b) => b.shown.length - a.shown.length)[0]
  const place = new Map(most?.shown.map(({ text }, i) => [text, i]))
  return witnesses.flatMap(({ nick, shown }) => {
    const common = shown.filter(({ text }) => place.has(text))
    const first = common.find(({ text }, i) => i > 0 && place.get(common[i - 1]!.text)! > place.get(text)!)
    return first === undefined ? [] : [{ nick, text: first.text }]
  })
}
