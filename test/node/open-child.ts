// Child process of the migration's spec. Opens the store of a home and says what came of it.
import { UsageError } from '../../src/base/errors.ts'
import { openStore } from '../../src/node/open-store.ts'
import { openVault } from '../../src/node/vault.ts'

const [home = ''] = process.argv.slice(2)
try {
  const { storeKey } = await openVault(home, undefined)
  const store = await openStore(`${home}/store`, storeKey)
  await store.close()
  process.stdout.write('opened')
} catch (error) {
  process.stdout.write(error instanceof UsageError ? `${error.code} ${error.message}` : `not ours: ${error}`)
}
