/**
 * Says where the time of a CPU profile went: by place (package or room of src), and the hottest functions.
 *
 *   node dist/scripts/bench/profile.js FILE.cpuprofile [rows] [function]
 *
 * Self time is exact to the sampling interval; total time counts a function once per stack. With a third argument, the
 * callees of that function, by total time within it.
 */
import { readFileSync } from 'node:fs'

interface CallFrame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: CallFrame
  readonly children?: readonly number[]
}

interface Profile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const [file = '', rowCount = '40', within] = process.argv.slice(2)
const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile
const byId = new Map(profile.nodes.map((node) => [node.id, node]))
const parents = new Map<number, number>()
for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node.id)
const selfOf = new Map<number, number>()
for (const [i, id] of profile.samples.entries()) selfOf.set(id, (selfOf.get(id) ?? 0) + profile.timeDeltas[i]!)

const IDLE = new Set(['(idle)', '(root)', '(program)'])

function placeOf({ url, functionName }: CallFrame): string {
  if (functionName === '(garbage collector)') return '(garbage collector)'
  if (IDLE.has(functionName)) return functionName
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)(?!.*node_modules)/.exec(url)
  if (inPackage !== null) return inPackage[1]!
  const inSource = /\/dist\/(src\/[^/]+|scripts)/.exec(url)
  if (inSource !== null) return inSource[1]!
  return url.startsWith('node:')
    ? `node:${
        url
          .slice(5)
          .replace(/^internal\//, '')
          .split('/')[0]
      }`
    : url === ''
      ? '(native)'
      : url
}

const nameOf = ({ functionName, url, lineNumber }: CallFrame): string => {
  const tail = url.replace(/^.*\/dist\/(src|scripts)/, '$1').replace(/^.*node_modules\//, '')
  return `${functionName || '(anonymous)'}  ${tail}:${lineNumber + 1}`
}

const isWithin = (id: number): boolean => {
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    if (byId.get(at)!.callFrame.functionName === within) return true
  }
  return false
}

const selfByPlace = new Map<string, number>()
const selfByName = new Map<string, number>()
const totalByName = new Map<string, number>()
let sum = 0
const add = (map: Map<string, number>, name: string, value: number): void =>
  void map.set(name, (map.get(name) ?? 0) + value)
for (const [id, self] of selfOf) {
  const { callFrame } = byId.get(id)!
  if (callFrame.functionName === '(idle)') continue
  if (within !== undefined && !isWithin(id)) continue
  sum += self
  add(selfByPlace, placeOf(callFrame), self)
  add(selfByName, nameOf(callFrame), self)
  const seen = new Set<string>()
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const name = nameOf(byId.get(at)!.callFrame)
    if (!seen.has(name)) add(totalByName, name, self)
    seen.add(name)
  }
}

function print(title: string, map: ReadonlyMap<string, number>, rows: number): void {
  console.log(`\n${title} (of ${(sum / 1e6).toFixed(2)} s not idle)`)
  for (const [name, micros] of [...map].sort((a, b) => b[1] - a[1]).slice(0, rows)) {
    console.log(
      `${((100 * micros) / sum).toFixed(1).padStart(5)} %  ${(micros / 1e3).toFixed(0).padStart(7)} ms  ${name}`
    )
  }
}

print('Self time by place', selfByPlace, 40)
print('Self time by function', selfByName, Number(rowCount))
print('Total time by function', totalByName, 2 * Number(rowCount))
