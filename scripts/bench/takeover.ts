/**
 * How long a channel is without a key manager: the one in office is killed (kill -9) again and again.
 *
 * Managers and members are processes of the command line with homes of their own, on loopback, in the default profile. Timed
 * is from the kill until a member is told of an epoch of a higher term, which it believes only with the signatures of a
 * quorum; the last member's time is the takeover's. Meanwhile members say something in turn, and a newcomer that runs already
 * asks to join a second after the kill. At the end of a round everybody has to have read everything; whoever was killed starts
 * again, and is killed when it is in office.
 *
 * Before the first kill there is a rest, in which members say who they are: a manager that knows a member's prekeys can give it
 * the key of its first epoch at once.
 *
 *   node dist/scripts/bench/takeover.js [--kills 20] [--managers 3] [--members 6] [--rest 10000] [--say 200] [--json FILE]
 *     [--markdown]
 */
import { Crew, earOf, type Hand } from '../../test/live/crew.ts'
import { median, numberOf, pause, publish, readOptions, short, spread, tell, until } from './report.ts'

const options = readOptions({ kills: '20', managers: '3', members: '6', rest: '10000', say: '200' })

const LIMIT_MS = 60_000
const JOIN_AFTER_MS = 1_000

interface Round {
  /** From the kill until the term was known, at each member, ms. */
  readonly takeoverMs: readonly number[]
  /** From when the last member knew the term until the newcomer had its key, ms; below 0: before. */
  readonly joinMs: number
  readonly said: number
}

const crew = new Crew()
let said = 0

/** When somebody was told of an epoch above this term. */
function knewAt(hand: Hand, term: number): number | undefined {
  const { forms, times } = earOf(hand)
  const index = forms.findIndex((form) => form['type'] === 'epoch' && Number(form['term']) > term)
  return index < 0 ? undefined : times[index]
}

/** Members say something, one after the other, until told to end. */
function chat(texts: string[]): () => Promise<void> {
  const saying: Promise<void>[] = []
  const ticker = setInterval(
    () => {
      const text = `message ${said++}`
      texts.push(text)
      saying.push(crew.say(members[said % members.length]!, text))
    },
    numberOf(options, 'say')
  )
  return async () => {
    clearInterval(ticker)
    await Promise.all(saying)
  }
}

async function round(number: number): Promise<Round> {
  const leader = await crew.agree(crew.hands, LIMIT_MS)
  const { term } = await crew.standing(members[0]!)
  const newcomer = await crew.settle(`newcomer${number}`, 'member')
  await crew.start(newcomer)
  const invite = await crew.invite(leader)
  const texts: string[] = []
  const hush = chat(texts)
  await pause(JOIN_AFTER_MS)
  const killedAt = performance.now()
  await crew.kill(leader)
  await pause(JOIN_AFTER_MS)
  const joined = crew.join(newcomer, invite).then(() => performance.now())
  const staying = [...members, ...crew.managers.filter((hand) => hand !== leader)]
  await until('all know the new term', () => staying.every((hand) => knewAt(hand, term) !== undefined), LIMIT_MS)
  const takeoverMs = members.map((hand) => knewAt(hand, term)! - killedAt)
  const joinMs = (await joined) - (killedAt + Math.max(...takeoverMs))
  await pause(JOIN_AFTER_MS)
  await hush()
  const lacking = (hand: Hand): string[] => {
    const heard = new Set(earOf(hand).forms.map((form) => form['text']))
    return texts.filter((text) => !heard.has(text))
  }
  await until('all have read all', () => staying.every((hand) => lacking(hand).length === 0), LIMIT_MS).catch(
    (error) => {
      for (const hand of staying)
        tell(`${hand.nick} lacks ${lacking(hand).length}: ${lacking(hand).slice(0, 5).join(', ')}`)
      throw error
    }
  )
  await earOf(newcomer).call('channel.leave', { channel: crew.channel })
  await crew.quit(newcomer)
  crew.hands.splice(crew.hands.indexOf(newcomer), 1)
  await crew.start(leader)
  tell(
    `kill ${number}: ${leader.nick}; new term at the first member after ${short(Math.min(...takeoverMs))}, at the last ` +
      `after ${short(Math.max(...takeoverMs))} ms; the newcomer's key ${short(joinMs)} ms later; ${texts.length} messages`
  )
  return { takeoverMs, joinMs, said: texts.length }
}

const names = (word: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${word}${i + 1}`)
const rounds: Round[] = []
let members: Hand[] = []
try {
  await crew.gather(names('manager', numberOf(options, 'managers')), names('member', numberOf(options, 'members')))
  members = crew.members
  await pause(numberOf(options, 'rest'))
  for (let i = 1; i <= numberOf(options, 'kills'); i++) rounds.push(await round(i))
} finally {
  await crew.close()
}

const last = rounds.map(({ takeoverMs }) => Math.max(...takeoverMs))
publish(
  options,
  [
    {
      title: 'The key manager in office killed: ms until another is, and what happened meanwhile',
      columns: [
        'managers, members',
        'kills',
        'a member knows',
        'the last member knows',
        'then a newcomer has its key',
        'messages'
      ],
      rows: [
        [
          `${options['managers']}, ${options['members']}`,
          String(rounds.length),
          short(median(rounds.flatMap(({ takeoverMs }) => takeoverMs))),
          spread(last),
          spread(rounds.map(({ joinMs }) => joinMs)),
          String(rounds.reduce((sum, one) => sum + one.said, 0))
        ]
      ],
      notes: ['Medians (ranges). Every message was read by everybody who stayed.']
    }
  ],
  rounds
)
process.exit()
