import { expect } from 'chai'
import { UsageError } from '../../src/base/errors.ts'
import { parseCommandLine, readDuration, requireDurationOrOff, requireInstant } from '../../src/cli/arguments.ts'
import { COMMANDS } from '../../src/cli/catalogue.ts'
import { exitCodeOf } from '../../src/cli/exit.ts'

function refusal(...argv: string[]): UsageError {
  try {
    parseCommandLine(argv)
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
  throw new Error(`${argv.join(' ')} was understood`)
}

/** The command that an example of help runs. */
function commandOf(example: string): string {
  const words = [...example.replace(/^.*\| /, '').matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare!
  )
  expect(words[0]).to.equal('conclave')
  return parseCommandLine(words.slice(1)).command
}

describe('a command line', () => {
  it('names a command, its operands and its options', () => {
    const { command, operands, options } = parseCommandLine(['send', 'garden', 'hi there', '--wait', 'none', '--json'])
    expect(command).to.equal('send')
    expect(operands).to.deep.equal(['garden', 'hi there'])
    expect(options.text('wait')).to.equal('none')
    expect(options.isOn('json')).to.equal(true)
    expect(options.isOn('plain')).to.equal(false)
  })

  it('may have common options before the command, and a command of two words', () => {
    const parsed = parseCommandLine([
      '--home',
      '/tmp/x',
      '--json',
      'channel',
      'create',
      'garden',
      '--manager',
      'a',
      '--manager',
      'b'
    ])
    expect(parsed.command).to.equal('channel create')
    expect(parsed.operands).to.deep.equal(['garden'])
    expect(parsed.options.text('home')).to.equal('/tmp/x')
    expect(parsed.options.texts('manager')).to.deep.equal(['a', 'b'])
  })

  it('may have a second word that is a command of its own, and names a channel called so with #', () => {
    const commands: [string[], string, string[]][] = [
      [['invite', 'garden', '--once'], 'invite', ['garden']],
      [['invite', 'list', 'garden'], 'invite list', ['garden']],
      [['invite', '#list'], 'invite', ['#list']],
      [['invite', 'list', 'list'], 'invite list', ['list']],
      [['invite', '--json', 'revoke', 'garden', '3fa2b1c0'], 'invite revoke', ['garden', '3fa2b1c0']],
      [['group', 'add', 'ops', 'night', 'bob', 'carol'], 'group add', ['ops', 'night', 'bob', 'carol']],
      [['admit', 'ops', '--records', 'FILE'], 'admit', ['ops']]
    ]
    for (const [argv, command, operands] of commands) {
      const parsed = parseCommandLine(argv)
      expect([parsed.command, parsed.operands], argv.join(' ')).to.deep.equal([command, operands])
    }
  })

  it('sends a text that looks like an option after --, and a lone - stands for itself', () => {
    expect(parseCommandLine(['send', 'garden', '--', '--wait']).operands).to.deep.equal(['garden', '--wait'])
    expect(parseCommandLine(['send', 'garden', '-']).operands).to.deep.equal(['garden', '-'])
  })

  it('without a command is help, and --version is version', () => {
    expect(parseCommandLine([]).command).to.equal('help')
    expect(parseCommandLine(['--help']).command).to.equal('help')
    expect(parseCommandLine(['--version']).command).to.equal('version')
    expect(parseCommandLine(['send', '--help']).options.isOn('help')).to.equal(true)
  })

  it('with a slip in it is refused as usage, with the nearest thing', () => {
    const slips: [string[], string, string | undefined][] = [
      [['pier'], 'UNKNOWN_COMMAND', 'conclave peer'],
      [['sedn', 'a', 'b'], 'UNKNOWN_COMMAND', 'conclave send'],
      [['frobnicate'], 'UNKNOWN_COMMAND', undefined],
      [['channel'], 'UNKNOWN_COMMAND', 'channel create'],
      [['channel', 'crate', 'x'], 'UNKNOWN_COMMAND', 'channel create'],
      [['group'], 'UNKNOWN_COMMAND', 'group create'],
      [['group', 'kick', 'ops', 'bob'], 'UNKNOWN_COMMAND', 'group remove'],
      [['invite', 'list'], 'MISSING_ARGUMENT', 'CHANNEL'],
      [['group', 'add', 'ops', 'night'], 'MISSING_ARGUMENT', 'USER'],
      [['invite', 'garden', '--use', '3'], 'UNKNOWN_OPTION', '--uses'],
      [['send', 'a', 'b', '--timout', '3s'], 'UNKNOWN_OPTION', '--timeout'],
      [['send', 'a', 'b', '-x'], 'UNKNOWN_OPTION', undefined],
      [['send', 'a'], 'MISSING_ARGUMENT', 'TEXT'],
      [['send', 'a', 'b', 'c'], 'TOO_MANY_ARGUMENTS', 'quotes'],
      [['send', 'a', 'b', '--timeout'], 'BAD_OPTION', '--timeout'],
      [['send', 'a', 'b', '--timeout', '--json'], 'BAD_OPTION', 'A value is missing'],
      [['send', 'a', 'b', '--timeout', '-1s'], 'BAD_OPTION', '"-1s" as the value of --timeout'],
      [['read', 'a', '--follow=yes'], 'BAD_OPTION', '--follow']
    ]
    for (const [argv, code, hint] of slips) {
      const error = refusal(...argv)
      expect(error.code, argv.join(' ')).to.equal(code)
      expect(exitCodeOf(error)).to.equal(2)
      if (hint !== undefined) expect(error.message).to.include(hint)
    }
  })

  it('for a command of a later version is refused as unknown', () => {
    for (const later of ['doctor', 'ping', 'completion']) {
      expect(refusal(later, 'x').code).to.equal('UNKNOWN_COMMAND')
    }
  })

  it('never takes a passphrase', () => {
    for (const [name, { options }] of Object.entries(COMMANDS)) {
      expect(Object.keys(options), name).to.not.include.members(['passphrase'])
    }
    expect(refusal('init', '--passphrase', 'x').code).to.equal('UNKNOWN_OPTION')
  })

  it('is repeated in no error with control characters', () => {
    for (const argv of [['\u001B[2Jx'], ['send', 'a', 'b', '--\u001B[2J'], ['send', 'a', 'b', '\u001B[2J']]) {
      expect(refusal(...argv).message).to.not.include('\u001B')
    }
  })

  it('every command has help, an example that parses, and code', async () => {
    for (const [name, spec] of Object.entries(COMMANDS)) {
      expect(spec.summary, name).to.match(/^[a-z]/)
      expect(spec.examples, name).to.not.be.empty
      for (const example of spec.examples) expect(commandOf(example), example).to.equal(name)
      for (const [option, { help }] of Object.entries(spec.options)) expect(help, option).to.not.equal('')
    }
    const { run } = await COMMANDS['version']!.load()
    expect(run).to.be.a('function')
  })
})

describe('times', () => {
  it('are a number and a unit', () => {
    const times: [string, number | undefined][] = [
      ['250ms', 250],
      ['10s', 10_000],
      ['5m', 300_000],
      ['24h', 86_400_000],
      ['7d', 604_800_000],
      ['1.5s', 1500],
      ['0', 0]
    ]
    for (const [text, ms] of times) expect(readDuration(text), text).to.equal(ms)
    expect(requireDurationOrOff('off', '--step')).to.equal(0)
    expect(requireDurationOrOff('10m', '--step')).to.equal(600_000)
    expect(() => requireDurationOrOff('never', '--step')).to.throw(UsageError)
    for (const text of ['', '10', 's', '10 s', '-1s', '1e3s', '10S', '1w', '١s', `${'9'.repeat(20)}s`]) {
      expect(readDuration(text), text).to.equal(undefined)
    }
  })

  it('since when: so long ago, or a date', () => {
    const now = Date.UTC(2026, 0, 31, 12)
    expect(requireInstant('2h', '--since', now)).to.equal(now - 7_200_000)
    expect(requireInstant('2026-01-31T08:00Z', '--since', now)).to.equal(Date.UTC(2026, 0, 31, 8))
    expect(requireInstant('2026-01-31', '--since', now)).to.equal(new Date(2026, 0, 31).getTime())
    for (const bad of ['yesterday', '2026-13-01', '31.1.2026', '2026-01-31 08:00']) {
      expect(() => requireInstant(bad, '--since', now), bad).to.throw(UsageError)
    }
  })
})
