/** Lists and tables for people: channels, members, peers, standing. */
import { displayText, joinText, own, padded, type SafeText, styled } from './display-text.ts'
import type { ChannelForm, MemberForm, PeerForm, StatusForm } from './forms.ts'
import { nickText } from './lines.ts'
import { CHANNEL, healthText, KEY_STATES, MEMBER, STATUS } from './text.ts'

/** Rows of columns, each as wide as its widest. */
export function tableLines(rows: readonly (readonly SafeText[])[]): SafeText[] {
  const widths: number[] = []
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  return rows.map((row) =>
    joinText(
      row.map((cell, i) => (i === row.length - 1 ? cell : padded(cell, widths[i]!))),
      own`  `
    )
  )
}

export const channelLines = (channels: readonly ChannelForm[]): SafeText[] =>
  channels.length === 0
    ? [CHANNEL.none]
    : tableLines(
        channels.map((one) => [
          displayText(one.id.slice(0, 8)),
          one.name === '' ? CHANNEL.unnamed : own`#${displayText(one.name, { columns: 40, lines: 1 })}`,
          displayText(one.epoch === '' ? '-' : `e${one.epoch}`),
          own`${one.members} in, ${one.online} online`,
          one.waiting > 0 ? own`${one.waiting} waiting; ${KEY_STATES[one.key]}` : KEY_STATES[one.key]
        ])
      )

/** One channel in full. */
export function channelDetails(form: ChannelForm): SafeText[] {
  const rows: [SafeText, SafeText][] = [
    [own`name`, form.name === '' ? CHANNEL.unnamed : own`#${displayText(form.name, { lines: 1 })}`],
    [own`id`, displayText(form.id)],
    [own`key`, own`${displayText(form.epoch === '' ? '-' : `epoch ${form.epoch}`)}: ${KEY_STATES[form.key]}`],
    [own`members`, own`${form.members}, ${form.online} of others online`]
  ]
  if (form.notAfter !== undefined) rows.push([own`good until`, displayText(new Date(form.notAfter).toISOString())])
  if (form.manager !== undefined && form.manager !== '') {
    const standing = form.isManager ? own` (you)` : form.isManagerPresent ? own` (here)` : own` (away)`
    rows.push([own`key manager`, own`${displayText(form.manager)}${standing}`])
  }
  for (const manager of form.managers ?? []) {
    if (manager !== form.manager) rows.push([own`also named`, displayText(manager)])
  }
  if (form.founder !== undefined) rows.push([own`founder`, displayText(form.founder)])
  if (form.admission !== undefined) rows.push([own`admission`, displayText(form.admission)])
  if (form.privacy !== undefined) rows.push([own`privacy`, displayText(form.privacy)])
  if (form.history !== undefined) rows.push([own`history`, displayText(form.history)])
  if (form.waiting > 0) rows.push([own`waiting`, own`${form.waiting} to be sent`])
  return tableLines(rows)
}

export const memberLines = (members: readonly MemberForm[]): SafeText[] =>
  tableLines(
    members.map(({ user, nick, fingerprint, isFounder, isManager, isSelf }) => [
      nick === '' ? own`-` : displayText(nick, { columns: 40, lines: 1 }),
      displayText(fingerprint),
      displayText(user),
      joinText(
        [isSelf && MEMBER.you, isFounder && MEMBER.founder, isManager && MEMBER.manager].filter((one) => one !== false),
        own`, `
      )
    ])
  )

export const peerLines = (peers: readonly PeerForm[]): SafeText[] =>
  peers.length === 0
    ? [STATUS.peers(0)]
    : tableLines(
        peers.map(({ user, fingerprint, address, direction, isCarrier }) => [
          displayText(user),
          displayText(fingerprint),
          isCarrier ? own`carrier` : own`peer`,
          displayText(direction),
          displayText(address, { lines: 1 })
        ])
      )

export function statusLines(form: StatusForm, isColour: boolean): SafeText[] {
  const marks = { ok: STATUS.ok, warn: STATUS.warn, fail: STATUS.fail } as const
  const health = form.health.map((one) => {
    const line = own`${marks[one.level]}  ${healthText(one)}`
    return one.level === 'ok' ? line : styled(line, 'warn', isColour)
  })
  const rows: [SafeText, SafeText][] = []
  const { user, nick, fingerprint, role, pid, uptimeMs, listen } = form
  if (user !== undefined)
    rows.push([
      own`you`,
      own`${nickText(nick ?? '', fingerprint ?? '')}  ${displayText(fingerprint ?? '')}  ${displayText(user)}`
    ])
  rows.push([own`home`, displayText(form.home, { lines: 1 })])
  if (role !== undefined)
    rows.push([
      own`runs as`,
      own`${displayText(role)}, process ${pid ?? 0}, for ${Math.round((uptimeMs ?? 0) / 1000)} s`
    ])
  for (const address of listen ?? []) rows.push([own`address`, displayText(address, { lines: 1 })])
  return [...health, own``, ...tableLines(rows)]
}
