package main

import (
	"context"
	"errors"
	"log"
	"strings"
	"time"

	"socketio"
)

// runBot has a bot answer until ctx ends or the server does not want it any more.
func runBot(ctx context.Context, url string) error {
	bot := newBot(url)
	defer bot.Close()
	err := bot.Connect(ctx)
	if err == nil {
		err = bot.Wait(ctx)
	}
	if errors.Is(err, context.Canceled) {
		return nil // it was told to end
	}
	return err
}

// newBot returns a bot that answers what it is asked. When it loses its connection it comes
// back by itself, sooner or later: it tries again and again, at last once a minute.
func newBot(url string) *socketio.Client {
	bot := socketio.NewClient(url, &socketio.ClientOptions{
		Auth:    Who{Bot: true},
		Backoff: socketio.Backoff{Max: time.Minute},
		OnRetry: func(attempt int, wait time.Duration, cause error) {
			log.Printf("attempt %d in %v: %v", attempt, wait, cause)
		},
	})
	bot.OnAck(Ask, func(_ context.Context, _ *socketio.ClientSocket, question string) (string, error) {
		switch strings.ToLower(strings.Trim(question, " ?")) {
		case "what time is it":
			return time.Now().Format(time.TimeOnly), nil
		case "how much is six times seven":
			return "42", nil
		}
		return "that I do not know", nil
	})
	return bot
}
