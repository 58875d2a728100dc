/** `conclave export` */
import type { Arguments } from '../arguments.ts'
import { displayText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import { existingPassphrase, exportPassphrase, homeOf } from '../home.ts'
import { HOME } from '../text.ts'

export async function run(args: Arguments): Promise<number> {
  const { options, operands, output } = args
  const path = operands[0]!
  const home = homeOf(options)
  const passphrase = await existingPassphrase(home, args)
  const filePassphrase = await exportPassphrase(args, true)
  const { exportHome } = await import('../../node/index.ts')
  const { shortFingerprint, userIdText } = await import('../../core/identity/user.ts')
  try {
    const { user, nick, rows } = await exportHome(home, passphrase, path, filePassphrase)
    output.answer({ user: userIdText(user), nick, fingerprint: shortFingerprint(user), file: path, rows }, () =>
      HOME.exported(displayText(nick, { columns: 60, lines: 1 }), displayText(path, { lines: 1 }))
    )
  } finally {
    passphrase?.destroy()
    filePassphrase.destroy()
  }
  return EXIT.ok
}
