/* Issuing keys with one or two managers (protocol §7, available mode): one signature is enough, so both may issue at once.

   Two managers and two members; twice a partition cuts {manager 0, member 0} from {manager 1, member 1} and heals, and
   anything may be late.  Somebody is removed and somebody is admitted, each at one manager, which tells the other when it
   can.  An announcement is named by (term, serial, issuer); the highest wins, in this order.  A manager whose announcement
   is the best it knows is in office and goes on in its term.  Anybody may open a term at any time: it started anew, or
   hears nobody.  A member takes the best announcement of a manager that it reaches (it follows, or is granted the key),
   and tells of its own.

   S1  a member sends nothing under a roster that ignores a removal it knows
   S2  what a member has adopted never goes down
   S3  an issuer uses a (term, serial) once
   C   when faults end and nothing is left to do, managers and members hold one announcement, which applies the removal,
       has the newcomer, and may be sent under

   Each variant takes one rule away; README.md says what becomes of it. */
#ifndef ISSUES
#define ISSUES  2                          /* announcements made for reasons of their own */
#endif
#define MAXT    6
#define BETTER(t1,s1,m1,t2,s2,m2) ((t1)>(t2) || ((t1)==(t2) && ((s1)>(s2) || ((s1)==(s2) && OUTRANKS(m1,m2)))))
#define REACHES(i,j) (!cut || i == j)

/* The rules. */
#ifdef BUG_NORANK
#define OUTRANKS(m1,m2) (0)
#else
#define OUTRANKS(m1,m2) ((m1) > (m2))
#endif
#ifdef ADOPTCHECK
#define MAYADOPT(i,j) (bR[i] || !(crem[j] || rem[i]))
#else
#define MAYADOPT(i,j) (1)
#endif
#ifdef BUG_SENDANY
#define MAYSEND(j) (kT[j] > 0)
#else
#define MAYSEND(j) (kT[j] > 0 && (kR[j] || !crem[j]))
#endif
#define MISSES_REMOVAL(i)  (rem[i] && !bR[i])
#define MISSES_NEWCOMER(i) (adm[i] && !bA[i])
#define INOFFICE(i) (bM[i] == i+1)
#if defined(BUG_NOREISSUE)
#define MUSTISSUE(i) (0)
#elif defined(BUG_REISSUE_REMOVALS)
#define MUSTISSUE(i) (INOFFICE(i) && MISSES_REMOVAL(i))
#else
#define MUSTISSUE(i) (INOFFICE(i) && (MISSES_REMOVAL(i) || MISSES_NEWCOMER(i)))
#endif

/* A claim that breaks is reported with its name: the names are variables that are never set. */
hidden byte S1, S2, S3, C;
#define CLAIM(name, what) assert((what) || name)

bool cut; byte cuts, issues; bool removed, admitted, quiet;
/* Managers: the best announcement known, with its roster; the removal and the admission known; the own numbers used. */
byte bT[2], bS[2], bM[2]; bool bR[2], bA[2], rem[2], adm[2]; byte uT[2], uS[2];
/* Members: the announcement adopted, with its roster; the removal known. */
byte kT[2], kS[2], kM[2]; bool kR[2], kA[2], crem[2];

#define LOWER(i,o)   BETTER(bT[o],bS[o],bM[o],bT[i],bS[i],bM[i])
#define NEWS(i,o)    (!cut && (LOWER(i,o) || (rem[o] && !rem[i]) || (adm[o] && !adm[i])))
#define OFFER(i,j)   (BETTER(bT[i],bS[i],bM[i],kT[j],kS[j],kM[j]) && MAYADOPT(i,j))
#define BEHIND(i,j)  BETTER(kT[j],kS[j],kM[j],bT[i],bS[i],bM[i])
#define TELL(i,j)    (REACHES(i,j) && (crem[j] != rem[i] || OFFER(i,j) || BEHIND(i,j)))
#define NOTHINGLEFT  (!NEWS(0,1) && !NEWS(1,0) && !TELL(0,0) && !TELL(0,1) && !TELL(1,0) && !TELL(1,1) && !MUSTISSUE(0) && !MUSTISSUE(1))

inline issue(i, nt, ns) {
  CLAIM(S3, nt > uT[i] || (nt == uT[i] && ns > uS[i]));
  bS[i] = ns; bT[i] = nt; bM[i] = i+1; bR[i] = rem[i]; bA[i] = adm[i];
  uT[i] = bT[i]; uS[i] = bS[i]
}
inline goOn(i) {
  if :: bM[i] == i+1 -> issue(i, bT[i], bS[i]+1) :: bT[i] < MAXT -> issue(i, bT[i]+1, 1) fi
}
inline merge(i, o) {
  rem[i] = rem[i] || rem[o]; adm[i] = adm[i] || adm[o];
  if :: LOWER(i,o) -> bT[i] = bT[o]; bS[i] = bS[o]; bM[i] = bM[o]; bR[i] = bR[o]; bA[i] = bA[o] :: else fi
}
inline tell(i, j) {
  crem[j] = crem[j] || rem[i]; rem[i] = crem[j];
  if
  :: OFFER(i,j) -> kT[j] = bT[i]; kS[j] = bS[i]; kM[j] = bM[i]; kR[j] = bR[i]; kA[j] = bA[i]
  :: BEHIND(i,j) -> bT[i] = kT[j]; bS[i] = kS[j]; bM[i] = kM[j]; bR[i] = kR[j]; bA[i] = kA[j]
  :: else
  fi
}

active proctype World() {
  byte t0, s0, m0, t1, s1, m1;
  do
  :: !quiet -> atomic {
       t0 = kT[0]; s0 = kS[0]; m0 = kM[0]; t1 = kT[1]; s1 = kS[1]; m1 = kM[1];
       if
       :: issues < ISSUES -> issues++; goOn(0)
       :: issues < ISSUES -> issues++; goOn(1)
       :: MUSTISSUE(0) -> goOn(0)
       :: MUSTISSUE(1) -> goOn(1)
       :: !removed -> rem[0] = 1; removed = 1
       :: !removed -> rem[1] = 1; removed = 1
       :: !admitted -> adm[0] = 1; admitted = 1
       :: !admitted -> adm[1] = 1; admitted = 1
       :: NEWS(0,1) -> merge(0,1)
       :: NEWS(1,0) -> merge(1,0)
       :: TELL(0,0) -> tell(0,0)
       :: TELL(0,1) -> tell(0,1)
       :: TELL(1,0) -> tell(1,0)
       :: TELL(1,1) -> tell(1,1)
       :: !cut && cuts < 2 -> cut = 1; cuts++
       :: cut -> cut = 0
#ifdef BUG_OLDDISK
       :: true -> bT[0] = 0; bS[0] = 0; bM[0] = 0; bR[0] = 0; bA[0] = 0    /* comes back, and asks nobody */
#endif
       :: !cut && bT[0] > 0 && NOTHINGLEFT -> quiet = 1
       :: MAYSEND(0) -> CLAIM(S1, kR[0] || !crem[0])
       :: MAYSEND(1) -> CLAIM(S1, kR[1] || !crem[1])
       fi;
       CLAIM(S2, !BETTER(t0,s0,m0,kT[0],kS[0],kM[0]));
       CLAIM(S2, !BETTER(t1,s1,m1,kT[1],kS[1],kM[1]));
       t0 = 0; s0 = 0; m0 = 0; t1 = 0; s1 = 0; m1 = 0 }
  :: quiet -> atomic {
       CLAIM(C, bT[0] == bT[1] && bS[0] == bS[1] && bM[0] == bM[1]);
       CLAIM(C, kT[0] == bT[0] && kS[0] == bS[0] && kM[0] == bM[0] && kT[1] == bT[1] && kS[1] == bS[1] && kM[1] == bM[1]);
       CLAIM(C, !removed || (kR[0] && kR[1]));
       CLAIM(C, !admitted || (kA[0] && kA[1]));
       CLAIM(C, MAYSEND(0) && MAYSEND(1));
       break }
  od
}
