/** `conclave import` */
import type { Arguments } from '../arguments.ts'
import { displayText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import { exportPassphrase, homeOf, newPassphrase } from '../home.ts'
import { HOME } from '../text.ts'

export async function run(args: Arguments): Promise<number> {
  const { options, operands, output } = args
  const home = homeOf(options)
  const filePassphrase = await exportPassphrase(args, false)
  const passphrase = await newPassphrase(args, false)
  const { importHome } = await import('../../node/index.ts')
  const { shortFingerprint, userIdText } = await import('../../core/identity/user.ts')
  try {
    const { user, nick, rows } = await importHome(operands[0]!, filePassphrase, home, passphrase)
    const text = userIdText(user)
    output.answer({ user: text, nick, fingerprint: shortFingerprint(user), home, rows }, () =>
      HOME.imported(displayText(nick, { columns: 60, lines: 1 }), displayText(text), displayText(home, { lines: 1 }))
    )
  } finally {
    passphrase?.destroy()
    filePassphrase.destroy()
  }
  return EXIT.ok
}
