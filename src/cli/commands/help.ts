/** `conclave help`, and what `--help` shows. */
import { UsageError } from '../../base/errors.ts'
import type { Arguments } from '../arguments.ts'
import { COMMANDS, COMMON, type CommandSpec, type OptionSpec } from '../catalogue.ts'
import { displayText, own, padded, type SafeText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import { tableLines } from '../lists.ts'
import { nearest } from '../nearest.ts'
import type { Output } from '../output.ts'
import { HELP, USAGE } from '../text.ts'

export async function run({ operands, output }: Arguments): Promise<number> {
  const topic = operands.join(' ')
  if (topic === '') return showOverview(output)
  const names = Object.keys(COMMANDS).filter((name) => name === topic || name.startsWith(`${topic} `))
  if (names.length === 0) {
    const near = nearest(topic, Object.keys(COMMANDS))
    const shown = displayText(topic, { columns: 40, lines: 1 })
    throw new UsageError('UNKNOWN_COMMAND', USAGE.unknownCommand(shown, near))
  }
  for (const [i, name] of names.entries()) {
    if (i > 0 && !output.isJson) output.line(own``)
    showCommand(name, COMMANDS[name]!, output)
  }
  return EXIT.ok
}

function showOverview(output: Output): number {
  const all = Object.entries(COMMANDS)
  const groups = [...new Set(all.map(([, { group }]) => group))]
  const form = { commands: all.map(([name, { group, summary }]) => ({ name, group, summary })) }
  output.answer(form, () => [
    HELP.title,
    own``,
    ...groups.flatMap((group) => [
      displayText(group),
      ...all
        .filter(([, one]) => one.group === group)
        .map(([name, spec]) => own`  ${padded(usageOf(name, spec), 36)}  ${displayText(spec.summary)}`),
      own``
    ]),
    HELP.start,
    HELP.footer
  ])
  return EXIT.ok
}

const usageOf = (name: string, { operands }: CommandSpec): SafeText => displayText([name, ...operands].join(' '))

/** Everything about one command. */
export function showCommand(name: string, spec: CommandSpec, output: Output): void {
  const { summary, operands, options, examples, more } = spec
  output.answer({ command: name, summary, operands, options, commonOptions: COMMON, examples }, () => [
    own`${HELP.usage} conclave ${usageOf(name, spec)} [options]`,
    own`  ${displayText(summary)}`,
    ...(more === undefined ? [] : [own``, displayText(more)]),
    ...optionLines(HELP.options, options),
    ...optionLines(HELP.common, COMMON),
    own``,
    HELP.examples,
    ...examples.map((example) => own`  ${displayText(example)}`)
  ])
}

function optionLines(title: SafeText, options: Readonly<Record<string, OptionSpec>>): SafeText[] {
  const rows = Object.entries(options).map(([name, { value, help }]) => [
    displayText(value === undefined ? `  --${name}` : `  --${name} ${value}`),
    displayText(help)
  ])
  return rows.length === 0 ? [] : [own``, title, ...tableLines(rows)]
}
