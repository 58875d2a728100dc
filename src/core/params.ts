/**
 * Constants of the protocol machines, with unit, reason and relation. The first part changes what peers expect of each
 * other; the second is this peer's own business. The relations are asserted when the module loads.
 */
import { assert } from '../base/assert.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts'
import { MARKS } from '../wire/limits.ts'

// ------------------------------------------------------------------ shared with other peers (protocol §13)

/** How often the key manager says that it is there. */
export const HEARTBEAT_MS = SECOND_MS
/** Without a heartbeat for this long the key manager counts as gone. */
export const LEASE_MS = 4 * SECOND_MS
/** A manager that hears of none in office stands after this time, and a step later for each that stands before it. */
export const ELECTION_BASE_MS = 5 * SECOND_MS
export const ELECTION_STEP_MS = SECOND_MS
export const ELECTION_JITTER_MS = SECOND_MS / 2
/** The step when the one in office has said that it goes. */
export const HAND_OVER_STEP_MS = SECOND_MS / 4
/** Election times of the `wan` profile, in those of the other. */
export const WAN_FACTOR = 3
/** A proposal is sent again to managers that have not signed. */
export const PROPOSAL_MS = 400
/** Managers that follow tell the one in office so, this often; for how long it counts. */
export const BACKING_BEAT_MS = 2 * SECOND_MS
export const BACKING_MS = 3 * BACKING_BEAT_MS
/** What may be a lie of a promise takes a proposer no further than this at once. */
export const PROMISE_JUMP = 2 ** 10
/** A co-signer bears so much more of the one in office, which it refuses as too far up, once in this time. */
export const PROMISE_JUMP_MS = 50 * SECOND_MS
/** How long a new root that is not urgent waits for co-signatures before newcomers go first, and then for its next try. */
export const ROOT_PATIENCE_MS = 2 * SECOND_MS
export const ROOT_REST_MS = 30 * SECOND_MS

export const KEY_LIFETIME_MS = 24 * HOUR_MS
export const KEY_LIFETIME_RANGE_MS = [MINUTE_MS, 30 * DAY_MS] as const
/** How long an epoch stays readable after the next one began. */
export const GRACE_MS = 10 * MINUTE_MS
export const STEP_MS = 10 * MINUTE_MS
export const IDLE_MS = 12 * HOUR_MS
/** Under a partition: a warning without a fresh heartbeat, and the end of sending. */
export const WARN_MS = MINUTE_MS
export const FENCE_MS = DAY_MS
export const FENCE_RANGE_MS = [10 * MINUTE_MS, 7 * DAY_MS] as const

/** A member says that it is there this often, or rarer where there are many: a digest every two seconds in a channel. */
export const DIGEST_MS = 10 * SECOND_MS
export const DIGEST_PER_MEMBER_MS = 2 * SECOND_MS
/** Digests that may be lost in a row before a member counts as gone, and what the last one may be late. */
export const DIGESTS_PER_LEASE = 3
export const PRESENCE_SLACK_MS = 5 * SECOND_MS
/** The first digest of a start, or after a time without a carrier, comes in the last three quarters of this time. */
export const FIRST_DIGEST_MS = 2 * SECOND_MS
export const FIRST_DIGEST_PER_MEMBER_MS = SECOND_MS
/** An epoch on demand, and one for a first member, come at most this often in a channel. */
export const DEMAND_MS = SECOND_MS
export const FIRST_MEMBER_MS = DIGEST_MS

/** Requests that arrive within this time of an epoch wait for the next and share it (protocol §6). */
export const BATCH_MS = 250
/** The batch window grows by its first length up to this while admissions keep coming. */
export const BATCH_MAX_MS = 2 * SECOND_MS
/** Waits between the tries of a key request; the last one repeats. Each is lengthened by up to a quarter, at random. */
export const RETRY_MS: readonly number[] = [500, SECOND_MS, 2 * SECOND_MS, 4 * SECOND_MS, 8 * SECOND_MS]
/** Tries of requests of a member: this many at once, and one more in each of these times, whatever becomes of the requests. */
export const KEY_REQUESTS_AT_ONCE = 6
export const KEY_REQUEST_MS = 2 * SECOND_MS
/** Tries of a request that requester and manager hand to each other when they are connected; later ones go on the topic. */
export const HANDED_TRIES = 3
/**
 * The wait after a first try that the manager has taken from our own hand, doubled with each further one: it is there, and
 * its batch may be a long one.
 */
export const HANDED_PATIENCE_MS = 3 * SECOND_MS
/** How long it may take until it is known whether a try was taken. */
export const HANDING_MS = 12 * SECOND_MS

export const PREKEY_LIFETIME_MS = DAY_MS
/** A record outlives its prekey, which stays usable for two more rotations. */
export const RECORD_LIFETIME_MS = 3 * DAY_MS

/** Replay window per (sender, boot): how far a counter may lag behind or jump ahead. */
export const WINDOW_MESSAGES = 1024

// ------------------------------------------------------------------ this peer alone

/** Messages that arrived before their key. */
export const PENDING_FRAMES = 256
export const PENDING_BYTES = 1024 * 1024
/** Messages of ours that wait. More is refused: the user is told at once. */
export const OUTBOX_MESSAGES = 1000
/** Epochs kept for reading while their grace lasts: all that somebody who was away can have followed. */
export const PAST_EPOCHS = 1200
/** Announcements kept for members that missed one: those of a week in which there was a scheduled step every ten minutes. */
export const KEPT_ANNOUNCEMENTS = 1200
/** Announcements in one answer. */
export const ANSWERED_ANNOUNCEMENTS = 256
/** Announcements seen that cannot be judged yet. */
export const WAITING_ANNOUNCEMENTS = 32
/** Chunks of announcements kept, 40 kB each: those of a rebuild for 100,000 members twice over. */
export const KEPT_CHUNKS = 256
/** Answers a manager keeps to repeat: one per request. */
export const KEPT_GRANTS = 256
/** Members of a channel that sets no limit of its own. */
export const MEMBERS = 10_000
/** Statements that one announcement carries, in bytes: with a tree update inline it still fits a frame. */
export const ANNOUNCED_STATEMENT_BYTES = 15_000
/** Epochs that a manager keeps for newcomers, and that a newcomer keeps of those it was given. */
export const ARCHIVED_EPOCHS = 4096
export const GRANTED_EPOCHS = 1500
/** Challenges that wait for their answer, and for how long. */
export const CHALLENGES = 1024
export const CHALLENGE_MS = 30 * SECOND_MS
/** Requests a manager lets wait for the next epoch. */
export const PENDING_REQUESTS = 1024
/** Requests a manager opens in a second, in all: each costs a decapsulation. */
export const REQUESTS_PER_SECOND = 200
/** A manager that cannot open a request looks for a newer record of its own this often at most, whatever the channel. */
export const OWN_RECORD_MS = 10 * SECOND_MS
/** How long a record is used without asking for a newer one. */
export const RECORD_CACHE_MS = HOUR_MS
/** User records a manager keeps. */
export const KEPT_RECORDS = 20_000
/** A grant carries the whole log while it is at most this long; else the newcomer fetches it. */
export const INLINE_LOG_BYTES = 32 * 1024
/** How long a starting manager listens for what its peers know before it opens a term. */
export const COLLECT_MS = 1_500
/** A lone manager skips this many terms at most when it comes back and finds nobody to ask. */
export const TERM_SKIP = 2 ** 12
/** The proof that a manager lied is told again to a member that seems not to know: after which time, doubled each time, and at most. */
export const ALARM_AGAIN_MS = 4 * SECOND_MS
export const ALARM_MAX_MS = 5 * MINUTE_MS
/** Any of so many may tell it: one does. */
export const ALARM_PER_MEMBER_MS = SECOND_MS / 4
/** How long a gap may be mere reordering before it is shown. */
export const GAP_PATIENCE_MS = 2 * SECOND_MS
/** After which time a missing message is asked for, and each time it was in vain twice as long after, up to the last. */
export const REPAIR_MS = SECOND_MS / 2
export const REPAIR_MAX_MS = 5 * MINUTE_MS
/** At least so long between two questions for gaps and tails. */
export const REPAIR_PAUSE_MS = SECOND_MS
/** Tails that members told us of and that we lack; how often one is asked for before its teller is not believed any more. */
export const TAILS = 256
export const TAIL_TRIES = 10
/** People whose nick the user's own eyes have bound to a key. */
export const CONTACTS = 10_000
/** Times of absence that are still to be asked for. */
export const BACKLOG_SPANS = 4
/** Session frames that are kept for members who are away: in all, of one author in a channel, what each costs beside. */
export const CARRIED_BYTES = 8 * 1024 * 1024
export const CARRIED_OF_ONE_BYTES = 1024 * 1024
export const CARRIED_FRAME_BYTES = 256
/** How long they are kept where the channel does not say less, and how often it is looked whether they have been. */
export const CARRIED_MS = 30 * DAY_MS
export const CARRIED_LOOK_MS = HOUR_MS
/** For so long after an absence whoever comes is asked for the session frames that passed meanwhile. */
export const ABSENCE_MS = DAY_MS
/** By so much may an author's Lamport time have been behind ours when it said something to us. */
export const ABSENCE_SLACK = 256
/** Members, and carriers without keys, that are asked; answers of one to one question; tries to get one. */
export const ASKED_KEEPERS = 16
export const ASKED_CARRIERS = 8
export const KEEPER_ANSWERS = 8
export const KEEPER_TRIES = 3
/** Whoever has heard something says so within this time, or longer where there are many. */
export const RECEIPT_MS = 2 * SECOND_MS
export const RECEIPT_PER_MEMBER_MS = SECOND_MS
/** Messages of ours of which it is told who has seen them. */
export const WATCHED_MESSAGES = 256
/** Members and lines of which it is kept how much of ours they have. */
export const RECEIPTS = 16_384
/** Statements that no epoch covers yet. */
export const PENDING_STATEMENTS = 1024
/** Nick registrations among them: what any member may make leaves room for what the managers say. */
export const PENDING_NICKS = 256
/** A nick that waits makes an epoch of its own this long after it was heard of, and never sooner after the last epoch. */
export const NICK_PATIENCE_MS = 2 * SECOND_MS
export const NICK_PAUSE_MS = MINUTE_MS
/** How long an announcement that a heartbeat speaks of may still be on its way. */
export const BEHIND_MS = 400
/** A new version of the descriptor is asked for within this time for each member: not by all of them at once. */
export const AMENDED_PER_MEMBER_MS = 5
/** Wait before a question that nobody answered is asked again. */
export const ASK_AGAIN_MS = SECOND_MS
/** An answer may be on its way for this long before its question is asked again beside it. */
export const ANSWER_MS = 4 * SECOND_MS
/** Questions for epochs of a member: this many at once, and one more in each of these times, whatever comes of them. */
export const EPOCH_QUESTIONS_AT_ONCE = 4
export const EPOCH_QUESTION_MS = SECOND_MS
/** How far a message's Lamport time may be ahead of ours: a wild one would drag everybody's clock along. */
export const LAMPORT_JUMP = 2 ** 32
/** No Lamport time goes above this: there is always a next one. */
export const LAMPORT_MAX = 2 ** 52
/** Questions for records: those of ours under way; those that wait for the directory, and for how long. */
export const OWN_QUESTIONS = 16
export const WAITING_QUESTIONS = 256
export const LOOK_UP_MS = 400
/** An asker has this many questions at once, and one more in each of these times. */
export const QUESTIONS_AT_ONCE = 10
export const QUESTION_MS = SECOND_MS
/** Askers whose rate is remembered, and questions that were answered. */
export const ASKERS = 1024
export const ANSWERED_QUESTIONS = 4096
/** Digests of a start, or of a new record, that carry the record: one may be lost. */
export const RECORD_DIGESTS = 2
/** Starts of one member whose digests are told from repeated ones. */
export const KNOWN_STARTS = 4
/** The number of members online is told this often at most. */
export const TELL_PRESENCE_MS = SECOND_MS
/** A member that uses an old key is led to the current one this often at most; how many such members are remembered. */
export const LEAD_MS = 5 * SECOND_MS
export const LED_MEMBERS = 1024
/** Announcements that such a member is sent at most: beyond that it is sent the newest alone, and asks. */
export const LED_EPOCHS = 16
/** A manager looks this often for members whose leaves can be refreshed, and how many records it looks up then. */
export const REFRESH_MS = STEP_MS
export const LOOKED_UP_RECORDS = 8
/** Tries of a demand for a new key before it is given up. */
export const DEMAND_TRIES = 4
/** How long after its deadline a key may still be replaced unasked; then its members begin to ask, over a digest's time. */
export const RENEWAL_MS = 2 * SECOND_MS
/** Messages that are destroyed together are of a part of their retention, within this range; without one, of the longest. */
export const COHORTS_PER_RETENTION = 24
export const COHORT_RANGE_SECONDS = [1, DAY_MS / SECOND_MS] as const
/** An import counts as so many starts: the home that it comes from will not have started so often meanwhile. */
export const IMPORT_STARTS = 2 ** 20
/** One-time keys that a record of ours offers, and how few may be left before a new record is made. */
export const OFFERED_ONE_TIME_KEYS = 8
export const FEW_ONE_TIME_KEYS = 3
/** New records for the sake of one-time keys come at most this often; the private halves kept of all records. */
export const ONE_TIME_KEYS_MS = 10 * MINUTE_MS
export const KEPT_ONE_TIME_KEYS = 256
/** Starts of sessions that are looked at: so many at once, one more in each of these times; each costs decapsulations. */
export const STARTS_AT_ONCE = 100
export const START_MS = 20
/** Of those that one user brings, whose they are does not show before: so many at once, one more in each of these times. */
export const BROUGHT_STARTS_AT_ONCE = 25
export const BROUGHT_START_MS = 200
/** Users whose rate of these is remembered. */
export const START_BRINGERS = 1024
/** Of one user: so many at once, one more in each of these times. */
export const STARTS_OF_ONE_AT_ONCE = 8
export const START_OF_ONE_MS = 10 * SECOND_MS
/** Starts without one-time key that are remembered, in all and of one user; beyond, such starts are refused until prekeys have gone. */
export const KNOWN_SESSION_STARTS = 4096
export const KNOWN_STARTS_OF_ONE = 64
/** Sessions with one user, and how long one stays beside the one that is talked on. */
export const SESSIONS_OF_PAIR = 4
export const SESSION_GRACE_MS = 10 * MINUTE_MS
/** How far a message of a session may be ahead, and keys of messages not come that are kept; how long, by the wall clock. */
export const SKIPPED_KEYS = 1000
export const SKIPPED_MS = DAY_MS
/** Keys made ahead in one session, whether the message opens or not: so many at once, one more in each of these times. */
export const KEYS_AHEAD_AT_ONCE = 4 * SKIPPED_KEYS
export const KEY_AHEAD_MS = 10
/** Of what is said to one user so much is on its way at once; how far ahead the other may be of what has come. */
export const SAID_AT_ONCE = 32
export const EARLY_TEXTS = 64
/** What was not acknowledged is sent again after this time, then twice as long after each time, up to the last; so many at once. */
export const RESEND_MS = SECOND_MS / 2
export const RESEND_MAX_MS = 5 * MINUTE_MS
/** While the other is heard of, it is not longer than this. */
export const RESEND_THERE_MS = 10 * SECOND_MS
export const RESENT_AT_ONCE = 8
/** What was sent again so often is sealed anew, once the other end is heard and does not have it. */
export const RESEAL_TRIES = 3
/** What was heard is acknowledged after this time, unless something is said sooner. */
export const ACK_MS = 100
/** What came before is acknowledged again so many times at once, and one more in each of these times. */
export const REPEATS_AT_ONCE = 8
export const REPEAT_MS = 10 * SECOND_MS
/** After so many tries without a word a session is given up for a new one, while the other is there. */
export const SESSION_RENEW_TRIES = 5
/** New sessions in place of others: so many at once, one more in each of these times. */
export const SESSION_RENEWALS_AT_ONCE = 3
export const SESSION_RENEWAL_MS = 5 * MINUTE_MS
/** Frames of sessions of which it is not known yet whether they were taken. */
export const DIRECT_FRAMES = 256
/** A record that a session needs is sought at most this often. */
export const SOUGHT_RECORD_MS = 10 * SECOND_MS
/** Lives of the other end that are remembered, and after what silence nothing is expected of one without session. */
export const KNOWN_LIVES = 8
export const LIFE_MS = DAY_MS
/** Channels of one peer. */
export const CHANNELS = 256

assert(HEARTBEAT_MS * 4 <= LEASE_MS, 'three heartbeats may be lost within a lease')
assert(LEASE_MS < ELECTION_BASE_MS, 'no election starts while a lease holds')
assert(ELECTION_JITTER_MS <= ELECTION_STEP_MS, 'managers stand one after the other')
assert(HAND_OVER_STEP_MS < ELECTION_STEP_MS, 'a hand-over is quicker than an election')
assert(PROPOSAL_MS < ELECTION_STEP_MS, 'a proposal that was lost is sent again before the next manager stands')
assert(LEASE_MS < BACKING_MS && BACKING_MS < WARN_MS, 'a leader without a quorum is noticed before the warning')
assert(WARN_MS < FENCE_MS, 'a warning comes before the end of sending')
assert(PREKEY_LIFETIME_MS * 3 <= RECORD_LIFETIME_MS, 'a record lives as long as its prekey can be used')
assert(PENDING_NICKS < PENDING_STATEMENTS, 'nicks leave room for other statements')
assert(LOOK_UP_MS < RETRY_MS[0]!, 'an answer comes before its question is put again')
assert(FIRST_DIGEST_MS < DIGEST_MS, 'a member that comes back is heard of sooner than one that stays')
assert(BATCH_MS < RETRY_MS[0]!, 'a batched answer comes before the first retry')
assert(BATCH_MAX_MS < HANDED_PATIENCE_MS, 'in a storm, too, when the manager has the request')
assert(SAID_AT_ONCE <= MARKS, 'of whatever waits an acknowledgement says whether it has come')
assert(
  SAID_AT_ONCE <= EARLY_TEXTS && EARLY_TEXTS < SKIPPED_KEYS,
  'whatever of what is on its way comes first, it can be read'
)
assert(
  BROUGHT_STARTS_AT_ONCE < STARTS_AT_ONCE && BROUGHT_START_MS > START_MS && KNOWN_STARTS_OF_ONE < KNOWN_SESSION_STARTS,
  'no user alone keeps others from starting'
)
assert(ACK_MS < RESEND_MS, 'an acknowledgement comes before what it is for is sent again')
