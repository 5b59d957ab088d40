"""Does one category apply to a text? Yes or no."""

from random import Random

from corpus.dialogue import Dialogue
from corpus.split import Split
from corpus.tasks import categories as category_lists
from corpus.tasks import choices, instructions, served
from corpus.tasks.categories import Category

_QUESTIONS = (
    "Does the category {name} apply to the text?", "Is this {name}?", "Does the text belong to {name}?", "{name}?",
    "Is the text about {name}?", "Would you label this as {name}?", "Category: {name}. Does it fit?",
    "{name}: yes or no?",
    "Is {name} a correct label for the text?", "Does {name} fit?", "Decide whether the text is {name}.",
    "Label: {name}",
    "Yes or no: is this {name}?", "Can this be called {name}?", "Does the label {name} match?", "Is it {name} or not?",
)  # fmt: skip
_REMINDERS = ("", "", "", "Answer yes or no.", "Answer with Yes or No.", "Yes or no?", "Reply with Yes or No only.")


def applies(random: Random, split: Split) -> Dialogue:
    """A text and one category after another; about half of the answers are Yes."""
    categories = category_lists.choose(random, split)
    dialogue = Dialogue("deciding", instructions.opening(random, split))
    for number in range(random.randint(1, 5)):
        right = random.choice(categories)
        category = right if random.random() < 0.5 else random.choice(categories)
        written = right.write()
        if random.random() < 0.5:
            shown = f"{category.name} ({category.about})" if category.about and random.random() < 0.3 else category.name
            dialogue.ask(served.by_yes_or_no(shown, written), "Yes" if category is right else "No")
            continue
        text = choices.quoted(random, written)
        question = random.choice(_QUESTIONS).replace("{name}", _shown(random, category))
        reminder = random.choice(_REMINDERS) if number == 0 else ""
        parts = [question, text] if random.random() < 0.5 else [text, question]
        dialogue.ask("\n\n".join(part for part in (*parts, reminder) if part), "Yes" if category is right else "No")
        if random.random() < 0.5:  # another category for the same text
            category = right if random.random() < 0.5 else random.choice(categories)
            question = random.choice(_QUESTIONS).replace("{name}", _shown(random, category))
            dialogue.ask(question, "Yes" if category is right else "No")
    return dialogue


def _shown(random: Random, category: Category) -> str:
    name = random.choice((category.name, category.name, f'"{category.name}"'))
    return f"{name} ({category.about})" if category.about and random.random() < 0.2 else name
