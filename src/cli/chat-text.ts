/** What the chat says besides messages and events. */
import { displayText, joinText, own, type SafeText } from './display-text.ts'
import type { ChannelForm } from './forms.ts'
import { KEY_STATES } from './text.ts'

export const CHAT = {
  unknownCommand: (word: SafeText, near: SafeText | undefined): SafeText =>
    near === undefined
      ? own`There is no /${word}. Nothing was sent. /help shows what there is; // sends a slash.`
      : own`There is no /${word}. Nothing was sent. Did you mean /${near}? // sends a slash.`,
  ambiguousCommand: (word: SafeText, names: readonly SafeText[]): SafeText =>
    own`/${word} could be ${joinText(
      names.map((name) => own`/${name}`),
      own` or `
    )}. Nothing was sent.`,
  noChannel: own`You are in no channel. /join INVITE, or: conclave channel create NAME`,
  needs: (usage: SafeText): SafeText => own`Write it as ${usage}`,
  sentLater: (text: SafeText): SafeText => own`sent: ${text}`,
  waiting: (why: SafeText): SafeText => own`[waiting: ${why}]`,
  sent: own`[sent]`,
  now: (name: SafeText): SafeText => own`Now in #${name}`,
  earlier: own`earlier:`,
  nick: (nick: SafeText): SafeText => own`You are ${nick} now.`,
  keys: (form: ChannelForm): SafeText[] => [
    own`epoch        ${displayText(form.epoch)}${form.key === 'ready' ? own`` : own`, not usable: ${KEY_STATES[form.key]}`}`,
    own`key manager  ${form.manager === undefined ? own`unknown` : displayText(form.manager)}${form.isManagerPresent ? own` (here)` : own` (away)`}`,
    own`key id       ${displayText(form.commitment === '' ? '-' : form.commitment)}`,
    own`good until   ${displayText(form.notAfter === undefined ? '-' : new Date(form.notAfter).toISOString())}`
  ],
  help: [
    own`Type a message and press Enter. Commands may be shortened.`,
    own`  /me TEXT           say what you do`,
    own`  /join INVITE|#NAME come into a channel, or turn to one you are in`,
    own`  /leave             leave this channel`,
    own`  /channels          your channels`,
    own`  /who               who is in this channel`,
    own`  /invite [once]     an invite to this channel`,
    own`  /keys              the key of this channel and who hands it out`,
    own`  /nick NAME         change your nick`,
    own`  /admit ID          let a user in      /remove USER   take one out`,
    own`  /rekey             a fresh key now (key manager only)`,
    own`  /status /peers     how things stand, and who is connected`,
    own`  //text             send a text that begins with a slash`,
    own`  /quit              leave the program (or Ctrl-C, Ctrl-D)`
  ]
} as const
