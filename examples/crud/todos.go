package main

import (
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"
	"uuid"
)

// A Todo is something to do.
type Todo struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Completed bool   `json:"completed"`
}

// Todos is a list of things to do. Its methods may be called concurrently.
type Todos struct {
	mu   sync.Mutex
	list []Todo
}

// All returns all of them, in the order in which they were made.
func (t *Todos) All() []Todo {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.list)
}

// Create adds what a draft says.
func (t *Todos) Create(draft Draft) (Todo, error) {
	todo, err := draft.create()
	if err != nil {
		return todo, err
	}
	todo.ID = uuid.NewV4().String()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = append(t.list, todo)
	return todo, nil
}

// Read returns the one with an ID.
func (t *Todos) Read(id any) (Todo, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := t.index(id)
	if i < 0 {
		return Todo{}, notFound
	}
	return t.list[i], nil
}

// Update puts what a draft says in place of the one with its ID, or adds it.
func (t *Todos) Update(draft Draft) (Todo, error) {
	todo, err := draft.update()
	if err != nil {
		return todo, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := t.index(todo.ID); i >= 0 {
		t.list[i] = todo
	} else {
		t.list = append(t.list, todo)
	}
	return todo, nil
}

// Delete removes the one with an ID, and returns it.
func (t *Todos) Delete(id any) (Todo, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := t.index(id)
	if i < 0 {
		return Todo{}, notFound
	}
	todo := t.list[i]
	t.list = slices.Delete(t.list, i, i+1)
	return todo, nil
}

func (t *Todos) index(id any) int {
	return slices.IndexFunc(t.list, func(todo Todo) bool { return todo.ID == id })
}

// A Draft is a todo as a client sends it, which can be anything.
type Draft struct {
	ID        any `json:"id"`
	Title     any `json:"title"`
	Completed any `json:"completed"`
}

func (d Draft) create() (Todo, error) {
	var problems []Detail
	if d.ID != nil {
		problems = append(problems, detail("id", "any.unknown", "is not allowed"))
	}
	return d.check(problems)
}

func (d Draft) update() (Todo, error) {
	var problems []Detail
	if d.ID == nil {
		problems = append(problems, detail("id", "any.required", "is required"))
	} else if id, _ := d.ID.(string); !valid(id) {
		problems = append(problems, detail("id", "string.guid", "must be a valid GUID"))
	}
	return d.check(problems)
}

func valid(id string) bool {
	_, err := uuid.Parse(id)
	return err == nil
}

// check returns what the draft says, or what else is wrong with it, after the problems that
// were found.
func (d Draft) check(problems []Detail) (Todo, error) {
	var todo Todo
	todo.ID, _ = d.ID.(string)
	switch title := d.Title.(type) {
	case nil:
		problems = append(problems, detail("title", "any.required", "is required"))
	case string:
		if title == "" {
			problems = append(problems, detail("title", "string.empty", "is not allowed to be empty"))
		}
		if utf8.RuneCountInString(title) > 256 {
			problems = append(problems, detail("title", "string.max", "length must be less than or equal to 256 characters long"))
		}
		todo.Title = title
	default:
		problems = append(problems, detail("title", "string.base", "must be a string"))
	}
	switch d.Completed {
	case nil:
		problems = append(problems, detail("completed", "any.required", "is required"))
	case true, "true":
		todo.Completed = true
	case false, "false":
	default:
		problems = append(problems, detail("completed", "boolean.base", "must be a boolean"))
	}
	if len(problems) > 0 {
		return todo, &Refusal{Reason: "invalid payload", Details: problems}
	}
	return todo, nil
}

// A Refusal tells a client that something cannot be done, and why.
type Refusal struct {
	Reason  string   `json:"error"`
	Details []Detail `json:"errorDetails,omitempty"`
}

var notFound = &Refusal{Reason: "entity not found"}

func (r *Refusal) Error() string { return r.Reason }

// AckArgs is what the client gets as the acknowledgement.
func (r *Refusal) AckArgs() []any { return []any{r} }

// A Detail says what is wrong with a field.
type Detail struct {
	Message string   `json:"message"`
	Path    []string `json:"path"`
	Type    string   `json:"type"`
}

func detail(field, kind, problem string) Detail {
	return Detail{Message: fmt.Sprintf("%q %s", field, problem), Path: []string{field}, Type: kind}
}
