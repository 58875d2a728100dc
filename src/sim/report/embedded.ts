/** The record in the page, for programs: all of its lines, or so many of them that a page stays one that opens. */
import type { RecordLine } from '../record.ts'
import { type Html, html, Html as Markup, scriptJson } from './html.ts'
import { count } from './units.ts'

const MOST_LINES = 20_000
const MOST_BYTES = 4_000_000
/** Longer lines are left out. */
const LONGEST_LINE = 100_000
/** There are few of them, and they carry what matters. */
const KEPT: readonly RecordLine['type'][] = ['run', 'phase', 'fault', 'invariant', 'end', 'sight']

export function embedded(lines: readonly RecordLine[]): Html {
  const total = lines.length
  const chosen = sampleOf(lines)
  const note =
    chosen.length === total
      ? `All ${count(total)} lines of the record are in this file,`
      : `A sample of ${count(chosen.length)} of the ${count(total)} lines of the record is in this file: phases, faults, promises and the end first, and of the others every so many one. The lines are`
  return html`<p id="record">${note} as a JSON array in the element <code>script#events</code>.</p>
<script type="application/json" id="events">[${new Markup(chosen.join(',\n'))}]</script>
`
}

/** Lines as JSON, in their order. */
function sampleOf(lines: readonly RecordLine[]): string[] {
  const isKept = (line: RecordLine): boolean => KEPT.includes(line.type)
  const kept = thinned(lines.filter(isKept), MOST_LINES / 2)
  const others = thinned(
    lines.filter((line) => !isKept(line)),
    MOST_LINES - kept.length
  )
  let left = MOST_BYTES
  const texts = new Map<RecordLine, string>()
  for (const line of [...kept, ...spread(others)]) {
    const text = scriptJson(line)
    if (text.length > LONGEST_LINE || text.length > left) continue
    left -= text.length
    texts.set(line, text)
  }
  return lines.flatMap((line) => texts.get(line) ?? [])
}

/** At most so many of them, evenly. */
function thinned<T>(all: readonly T[], most: number): readonly T[] {
  const every = Math.ceil(all.length / Math.max(1, most))
  return every <= 1 ? all : all.filter((_, i) => i % every === 0)
}

/** In an order of which each beginning is spread over the whole. */
function spread<T>(all: readonly T[]): T[] {
  const strides = 16
  return Array.from({ length: strides }, (_, i) => all.filter((_, at) => at % strides === i)).flat()
}
