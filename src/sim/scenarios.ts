/** The scenarios that come with the program, and those in files of one's own. */
import { UsageError } from '../base/errors.ts'
import { type Mode, type Parameter, readParameters } from './scenario-file.ts'
import churn from './scenarios/churn.json' with { type: 'json' }
import eavesdropper from './scenarios/eavesdropper.json' with { type: 'json' }
import flood from './scenarios/flood.json' with { type: 'json' }
import groups from './scenarios/groups.json' with { type: 'json' }
import hello from './scenarios/hello.json' with { type: 'json' }
import joinStorm from './scenarios/join-storm.json' with { type: 'json' }
import lyingManager from './scenarios/lying-manager.json' with { type: 'json' }
import managerCrash from './scenarios/manager-crash.json' with { type: 'json' }
import offlineWeek from './scenarios/offline-week.json' with { type: 'json' }
import oneToOne from './scenarios/one-to-one.json' with { type: 'json' }
import partitionHeal from './scenarios/partition-heal.json' with { type: 'json' }
import removal from './scenarios/removal.json' with { type: 'json' }
import scale from './scenarios/scale.json' with { type: 'json' }

const BUILT_IN: readonly { readonly name: string; readonly about: string; readonly modes: readonly string[] }[] = [
  hello,
  joinStorm,
  churn,
  removal,
  managerCrash,
  partitionHeal,
  eavesdropper,
  lyingManager,
  flood,
  offlineWeek,
  groups,
  oneToOne,
  scale
]

/** The names of all, in the order in which they are shown. */
export const scenarioNames: readonly string[] = BUILT_IN.map(({ name }) => name)

export interface Summary {
  readonly name: string
  readonly about: string
  readonly modes: readonly Mode[]
}

export const summaries: readonly Summary[] = BUILT_IN as readonly Summary[]

/** The form of a scenario that comes with the program; undefined when there is none of this name. */
export const builtIn = (name: string): unknown => BUILT_IN.find((one) => one.name === name)

/** What can be set in a scenario that comes with the program. */
export const parametersOf = (name: string): Readonly<Record<string, Parameter>> =>
  readParameters((builtIn(name) as { readonly parameters?: unknown } | undefined)?.parameters)

/** Reads the text of a file. @throws {UsageError} `BAD_SCENARIO` when it is no JSON. */
export function parseForm(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message.replace(/\s+/g, ' ') : 'it cannot be read'
    throw new UsageError(
      'BAD_SCENARIO',
      `The scenario cannot be used. It is no JSON: ${why}. Mend it, or begin anew with conclave simulate --print hello.`
    )
  }
}

const COLUMNS = 110

/** A form as text for people: what fits stands in one line. */
export function formText(form: unknown, indent = ''): string {
  const line = inLine(form)
  if (typeof form !== 'object' || form === null || (indent !== '' && indent.length + line.length <= COLUMNS))
    return line
  const inner = `${indent}  `
  const parts = Array.isArray(form)
    ? form.map((one) => `${inner}${formText(one, inner)}`)
    : Object.entries(form).map(([key, one]) => `${inner}${JSON.stringify(key)}: ${formText(one, inner)}`)
  const [open, close] = Array.isArray(form) ? '[]' : '{}'
  return `${open}\n${parts.join(',\n')}\n${indent}${close}`
}

function inLine(form: unknown): string {
  if (Array.isArray(form)) return `[${form.map(inLine).join(', ')}]`
  if (typeof form !== 'object' || form === null) return JSON.stringify(form)
  const parts = Object.entries(form).map(([key, one]) => `${JSON.stringify(key)}: ${inLine(one)}`)
  return `{ ${parts.join(', ')} }`
}
