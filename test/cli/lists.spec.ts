import { expect } from 'chai'
import type { ChannelForm, InviteRecordForm, LineForm, MemberForm } from '../../src/cli/forms.ts'
import { durationText, groupMark, messageLine } from '../../src/cli/lines.ts'
import { channelDetails, inviteLines, keyLines, memberLines, statusLines } from '../../src/cli/lists.ts'
import { memberForm } from '../../src/cli/to-forms.ts'
import { alice, bob } from '../core/identity/people.ts'
import { memberOf } from './desk.ts'

const PLACE = { channel: 'c'.repeat(52), channelName: 'garden' }
const BOB = { user: '12D3KooWBob', nick: 'bob', fingerprint: 'AAAA-BBBB', isSelf: false }
const HOUR = 3_600_000

describe('lists for people', () => {
  it('members: who is there and who does what, in words beside the marks', () => {
    const forms: MemberForm[] = [
      memberForm(memberOf(alice.publicKey, 'alice', { isSelf: true, isFounder: true, isManager: true })),
      memberForm(memberOf(bob.publicKey, 'bob', { isMemberManager: true, isOnline: true, holdsKey: true })),
      memberForm(memberOf(bob.publicKey, 'behind', { isOnline: true })),
      memberForm(memberOf(bob.publicKey, 'gone'))
    ]
    const [self, online, behind, gone] = memberLines(forms)
    expect(self).to.match(/● online .*you, founder, ★ key manager/)
    expect(online).to.match(/● online .*member manager/)
    expect(behind).to.include('○ online, without the key in force')
    expect(gone).to.match(/gone +\S+ +- away/)
  })

  it('keys: which, why, by whom, for how long, and how many hold them', () => {
    const line: LineForm = {
      ...PLACE,
      epoch: '3.12',
      term: 3,
      serial: 12,
      commitment: 'c0ffee',
      notAfter: Date.now() + 2 * HOUR + 500,
      reason: 'first-member',
      issuer: BOB,
      members: 6,
      holders: 4
    }
    const text = keyLines([
      line,
      { ...PLACE, group: 'ab'.repeat(16), groupName: 'ops', epoch: '', members: 2, holders: 0 }
    ])
    expect(text[0]).to.equal('#garden  held by 4 of 6')
    const all = text.join('\n')
    expect(all).to.match(/epoch +3\.12\n/)
    expect(all).to.match(/key id +c0ffee\n/)
    expect(all).to.match(/good for +2h\n/)
    expect(all).to.match(/by bob \(AAAA-BBBB\), because a first member came after there had been none/)
    expect(all).to.match(/#garden \[ops\] {2}held by 0 of 2\n {2}no key here$/)
    expect(keyLines([{ ...line, notAfter: 5 }]).join()).to.include('over')
    const cora = { ...BOB, user: '12D3KooWCora', nick: 'cora' }
    const office = { manager: BOB, term: 3, isPresent: true, leaseMs: 3100, signers: [BOB, cora] }
    const managed = (changes: Partial<typeof office>) =>
      keyLines([{ ...line, office: { ...office, ...changes } }]).find((one) => one.includes('manager'))
    expect(managed({})).to.match(/manager +bob \(AAAA-BBBB\), term 3, here, lease 3s, signed by bob, cora$/)
    expect(managed({ isPresent: false, leaseMs: 0, signers: [BOB] })).to.match(/, term 3, away$/)
    expect(managed({ manager: { ...BOB, isSelf: true }, leaseMs: 0 })).to.match(
      /manager +term 3, you, signed by bob, cora$/
    )
    const health = [{ level: 'ok' as const, code: 'manager', channel: 'garden', office }]
    const status = statusLines({ type: 'status', isRunning: true, home: '/h', health }, false)
    expect(status[0]).to.match(/#garden: key manager bob \(AAAA-BBBB\), term 3, here, lease 3s, signed by bob, cora$/)
  })

  it('status counts what waits, what is missing, and what nobody says to have', () => {
    const codes = ['messages-waiting', 'messages-missing', 'messages-unknown']
    const health = codes.map((code) => ({ level: 'warn' as const, code, channel: 'garden', count: 2 }))
    const lines = statusLines({ type: 'status', isRunning: true, home: '/h', health }, false)
    expect(lines.slice(0, 3).map((line) => line.replace(/^! +/, ''))).to.deep.equal([
      '#garden: 2 messages waiting to be sent',
      '#garden: 2 messages of others missing; members and carriers are asked for them',
      '#garden: 2 messages of yours that nobody says to have, though others are here'
    ])
  })

  it('status does not call the one away whose peer this is', () => {
    const health = [{ level: 'warn' as const, code: 'manager-waiting', channel: 'garden' }]
    const lines = statusLines({ type: 'status', isRunning: true, home: '/h', health }, false)
    expect(lines[0]).to.match(
      /^! +#garden: this peer manages the key, and begins when it has reached somebody to ask what it has missed$/
    )
  })

  it('invites: how they stand and who came in by them', () => {
    const now = Date.UTC(2026, 0, 31, 12)
    const invite: InviteRecordForm = {
      ...PLACE,
      token: '3fa2b1c0'.repeat(8),
      uses: 1,
      redeemers: [],
      isRevoked: false,
      by: BOB
    }
    const shown = inviteLines(
      [
        invite,
        { ...invite, redeemers: [BOB] },
        { ...invite, uses: 0, redeemers: [BOB], expiresAt: now - 1 },
        { ...invite, isRevoked: true, expiresAt: now + HOUR }
      ],
      now
    )
    expect(shown[0]).to.match(/^3fa2b1c0 {2}open +0 of 1 used +for ever +by bob/)
    expect(shown[1]).to.match(/used up +1 of 1 used .*let in bob \(AAAA-BBBB\)/)
    expect(shown[2]).to.match(/expired +1 used, any number +until/)
    expect(shown[3]).to.include('revoked')
  })

  it('a channel: every rule of it in words', () => {
    const form: ChannelForm = {
      id: PLACE.channel,
      name: 'garden',
      key: 'ready',
      epoch: '1.1',
      term: 1,
      serial: 1,
      commitment: '00',
      members: 2,
      online: 2,
      connected: 1,
      isManagerPresent: true,
      leaseMs: 4000,
      signers: [],
      isStanding: false,
      exposure: 'none',
      isManager: false,
      waiting: 0,
      missing: 0,
      logHead: '',
      memberManagers: [BOB.user],
      managers: ['12D3KooWAnn', BOB.user, '12D3KooWCora'],
      manager: BOB.user,
      quorum: 2,
      timing: 'wan',
      partition: 'continue',
      fenceSeconds: 7200,
      admission: 'members',
      authentication: 'challenge',
      privacy: 'mixed',
      history: 'all',
      keyLifetimeSeconds: 3600,
      stepSeconds: 0,
      idleSeconds: 90,
      graceSeconds: 600,
      maxMembers: 12,
      withoutTriggers: ['prekey-rotation']
    }
    const text = channelDetails(form).join('\n')
    for (const words of [
      'by name',
      'answering a challenge',
      '[plain]',
      'newcomers read what was said before',
      '1h, and is readable for 10m after',
      'not just because time passes',
      'after 1m 30s of silence',
      'when a first member comes',
      'not when a member renews',
      '12 members at most',
      '2 of 3 key managers',
      'three times as patient',
      'stops after 2h',
      'term 1, here, lease 4s',
      BOB.user
    ])
      expect(text, words).to.include(words)
  })

  it('durations have their two largest units', () => {
    const texts: [number, string][] = [
      [0, '0s'],
      [45_000, '45s'],
      [90_000, '1m 30s'],
      [24 * HOUR, '1d'],
      [25 * HOUR + 61_000, '1d 1h'],
      [24 * HOUR + 61_000, '1d'],
      [599_700, '10m'],
      [-5, '0s']
    ]
    for (const [ms, text] of texts) expect(durationText(ms), String(ms)).to.equal(text)
  })
})

describe('marks of groups', () => {
  const group = 'ab12cd34'.repeat(4)

  it('stand before the nick of what was said to a group', () => {
    const form = {
      type: 'message' as const,
      ...PLACE,
      group,
      groupName: 'ops',
      id: '00',
      sender: BOB.user,
      nick: 'bob',
      fingerprint: BOB.fingerprint,
      lamport: 1,
      counter: 0,
      kind: 'text' as const,
      text: 'hi',
      writtenAt: 0,
      seenAt: Date.now(),
      isEncrypted: true,
      isOwn: false,
      state: 'sent' as const
    }
    expect(messageLine(form, { isColour: false, withChannel: false })).to.match(/ \[ops\] bob: hi$/)
  })

  it('cannot be forged by a name', () => {
    expect(groupMark({ group, groupName: 'ops] alice: hi [' })).to.equal('[ops alice: hi]')
    for (const name of ['plain', ' PLAIN ', '[plain]', 'pla\u0456n', 'sent', 'seen by 2 of 2', 'unknown: x', 'Waiting'])
      expect(groupMark({ group, groupName: name }), name).to.equal('[group ab12cd34]')
    expect(groupMark({ group, groupName: 'sentinels' })).to.equal('[sentinels]')
    expect(groupMark({ group, groupName: '' })).to.equal('[ab12cd34]')
    expect(groupMark({ group, groupName: 'a\u202Eb\u001Bc' })).to.equal('[ab\uFFFDc]')
  })
})
