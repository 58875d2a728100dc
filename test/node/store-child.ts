// Child process of the store's spec. Writes rows until it is killed or the disk refuses; prints what was acknowledged.
import { Secret } from '../../src/base/secret.ts'
import { openStore } from '../../src/node/open-store.ts'

const [folder = '', round = '', valueBytes = '100'] = process.argv.slice(2)
const store = await openStore(folder, new Secret(new Uint8Array(32).fill(7)))
const value = new Uint8Array(Number(valueBytes)).fill(9)

for (let i = 0; ; i++) {
  const entry = `${round}-${i}`
  // Rows that are not durable arrive all the time, and share LevelDB batches with the durable one.
  const loose = Array.from({ length: 5 }, (_, j) =>
    store.write({ puts: [{ room: 'loose', entry: `${entry}-${j}`, order: i, value }], deletes: [], isDurable: false })
  )
  try {
    await store.write({ puts: [{ room: 'durable', entry, order: i, value }], deletes: [], isDurable: true })
    await Promise.all(loose)
    process.stdout.write(`ack ${entry}\n`)
  } catch (error) {
    await Promise.allSettled(loose)
    const later = await store.write({ puts: [], deletes: [{ room: 'a', entry: 'b' }], isDurable: false }).then(
      () => 'accepted',
      (reason) => reason.code
    )
    const codeOf = (thrown: unknown) => (thrown as { code?: string }).code
    process.stdout.write(`refused ${codeOf(error)} later ${later} cause ${codeOf((error as Error).cause)}\n`)
    break
  }
}
