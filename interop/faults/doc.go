// Package faults tests what is promised when something goes wrong: in the network, in a
// process, or in a program that uses this module. Faults come from a proxy of package chaos,
// from the clock of synctest, and from processes that are stopped, starved and killed. The
// numbers are those of the faults that this project has set out to survive.
//
//	make faults
//	go test -v -run TestRecoveryUnderCuts ./interop/faults -args -resumes 1000
//	go test -v -run TestF20 ./interop/faults -args -interleavings 10000
//
// What each test promises, in short:
//
//	TestF02ADrainedServer…            Drain closes at an even rate; nothing acknowledged is lost, and all come to the successor
//	TestF07WhoIsGoneWithoutAWord…     a silent peer ends within PingInterval + PingTimeout + 1 s, also while a write is blocked
//	TestF07ManyHalfOpenConnections…   the same over TCP: nothing is left of them
//	TestF08SlowReaders…               who does not read is cut at QueueBytes, with ErrQueueFull and a counter; the others get everything, in order
//	TestF09LateAndStallingNetworks…   delays, jitter and stalls end no connection, and the order is kept, over the upgrade too
//	TestF10AnUploadOverAThinLine…     while messages arrive their sender does not time out, at 32 kbit/s
//	TestF11AfterAPauseOfTheProcess…   after SIGSTOP or a suspend only those are cut who are gone
//	TestF12AllComeBackAtOnce          all clients are reset at once and come back; who was not cut is served meanwhile
//	TestF13WithoutDescriptors…        without descriptors those who are there are served, and afterwards newcomers
//	TestF14HandlersThatPanicOrHang…   a panic costs its event the acknowledgement, a handler that hangs holds up its socket, and that is all
//	TestF15PanicsOfOtherCode…         the same of Allow, middleware, hooks, marshalers, errors and Stringers that are logged
//	TestF16AFloodOfLargeMessages…     with GOMEMLIMIT a flood of megabytes takes memory bounded by the number of attackers; others are served
//	TestF17AStarvedServer…            with one processor beside busy processes nobody times out
//	TestF18BalancersThatDoNotLet…     where upgrades are stripped clients stay with polling
//	TestF18BalancersThatClose…        a balancer that closes what is idle for 60 s closes nothing
//	TestF20WhateverHappensDuring…     events during an upgrade arrive once and in order, and if it ends both sides are told
//	TestF21ALogThatTakesNothing…      a log that is stuck holds up only whose handlers have errors
//	TestF22BadHandshakesOfTLS…        bad hellos end within ReadHeaderTimeout; a new certificate ends nothing
//	TestF25AWeekAtRest…               clients at rest for seven days keep their connections, and cost no more than after one
//	TestRecoveryUnderCuts             who comes back has missed nothing, or is told
//	TestRecoveryWhenTheProcess…       when the process is replaced all are told, and with retries nothing is lost
package faults
