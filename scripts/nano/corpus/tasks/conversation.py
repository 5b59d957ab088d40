"""Small talk, and honest refusals of what this model cannot do."""

from random import Random
from string import ascii_lowercase

from corpus.dialogue import Dialogue
from corpus.posting import posting
from corpus.split import Split, one_of
from corpus.tasks import instructions, strange, wording
from corpus.tasks.typing_errors import mistyped
from corpus.template import vary
from corpus.vocabulary import made_up, people, places, words
from corpus.vocabulary.listing import listed

_ABILITIES = "I can extract facts from job postings, classify texts, summarise postings and write job descriptions."
_REFUSALS = (
    "I'm sorry, I can only help with job postings: extracting facts, classifying texts and writing job descriptions.",
)
_SEND = "Please send me the text of the job posting."
_UNCLEAR = "I'm sorry, I did not understand that. " + _ABILITIES

_TALK: tuple[tuple[tuple[str, ...], str], ...] = (
    (("Hello", "Hi", "Hello!", "Hi there", "Good morning", "Hey", "hello", "hi", "Hey!", "Good evening"),
     "Hello! How can I help you with a job posting?"),
    (("What can you do?", "What can you help me with?", "How can you help me?", "help", "Help",
      "What are you able to do?", "what do you do?", "Which tasks can you do?"), _ABILITIES),
    (("Who are you?", "What are you?", "What is your name?", "Which model are you?", "Are you a human?",
      "Are you ChatGPT?", "Tell me about yourself."),
     "I am jobai-nano, a very small demonstration model for job discovery."),
    (("Thank you!", "Thanks", "Thanks a lot.", "Thank you very much"), "You are welcome!"),
    (("How are you?", "How are you today?", "How is it going?"), "I am fine, thank you. How can I help you?"),
    (("Goodbye", "Bye", "See you later", "Good night"), "Goodbye!"),
    (("Say hello.", "Say hello", "Say hi.", "Say hello!"), "Hello!"),
    (("ping", "test", "Test", "This is a test."), "I am here. How can I help you with a job posting?"),
    (("Extract the job title.", "Classify this.", "Summarize the posting.", "What is the job title?",
      "Extract the company as JSON.", "Which category fits?", "What is the salary?"),
     _SEND),
    (("Write a job description.", "Write a job posting.", "Write a job description for", "I need a job description.",
      "Write a job description for a", "Can you write a job posting?", "Draft a job ad."),
     "For which job title? Please write, for example: Write a job description for a Nurse"),
)  # fmt: skip
_HELD_OUT_TALK = ("Hello there!", "Hi!", "What do you offer?", "Who am I talking to?", "Thanks!")

_UNRELATED = (
    "What is the capital of {place}?", "Write a poem about {thing}.", "What is {a} + {b}?", "How do I cook {thing}?",
    "Who is {person}?", "Tell me a joke about {thing}.", "What is the weather in {place}?", "Translate {thing} to "
    "French.", "Who won the match yesterday?", "What is {a} times {b}?", "Explain {thing} to a child.", "Write a "
    "story about {person} and a {thing}.", "Why is the sky blue?", "How far is {place} from {place2}?", "Write a "
    "Python function that sorts a list.", "Give me a recipe for {thing}.", "What is the meaning of life?", "How old "
    "is {person}?", "Which medicine helps against {thing}?", "Play some music.", "Book a flight to {place}.", "Tell "
    "me about {place}.", "What time is it?", "Should I buy {thing} shares?", "Draw a {thing}.", "Write me an essay on "
    "{thing}.", "How many people live in {place}?", "What do you think about {thing}?", "Solve x + {a} = {b}.",
    "How do I build a {thing}?", "Write a song for {person}.", "Can you order a {thing} for me?",
)  # fmt: skip
_MORE_UNRELATED = (
    "[How|Why|When|Where|Since when|How often|How fast] [do|did|can|could|will|would|should] [a|the|my|our|his|their] "
    "{thing} {w}?",
    "[How|Why|When|Where] does [the|my|our|her|this|one|every] {thing} "
    "[work|{w}|grow|fly|sleep|taste|smell|break|live]?",
    "How [big|old|heavy|far|deep|hot|fast|expensive|good] is [a|the|my|this] {thing}?",
    "[Write|Compose|Create|Draft|Make] [a|another|one] [postcard|message|speech|note|song|rhyme|tale|joke|toast|prayer|"
    "riddle|slogan|diary|novel|letter] [to|for|about|on|with|against] [a|the|our|his|her|your|some] {thing}[.||!]",
    "[Write|Send|Say|Tell|Sing|Read] [something|anything|a word|a line|nothing] [to|about|for|with] [my|the|our|a] "
    "{thing}[.||, please.]",
    "[Repair|Wash|Feed|Sell|Buy|Find|Paint|Fix|Hide|Carry|Clean|Open|Cook|Count] [a|the|my|our|some] {thing}[.||!]",
    "[Is|Was|Will] [a|the|my|this] {thing} [be|] [good|{w}|bad|better|bigger] [than|for|with] [a|the|my] {thing2}?",
    "[Name|List|Give me|Tell me|Show me] [two|three|some|all|the best|the biggest|the oldest] [of|] [the|] {thing}s"
    "[.|| in {place}.]",
    "[What|Who|Which {thing}] [is|was|are|do] [{w}|{thing}s|the {thing2}|people] [{w}|for|like|made of|in {place}]?",
    "[My|Her|The|Our] {thing} [is|was|has] [{w}|broken|lost|hungry|too {w}]. [What now?|Why?|Help!|Can you help?|]",
    "[I|We|They] [love|have|want|lost|need|saw|hate|broke] [a|my|the] {thing}[.|!||, and you?]",
    "[{a}|{b}] [plus|minus|times|divided by|and|over] [{a}|{b}][?| is| =]",
    "[Recommend|Suggest|Find|Choose] [a|some|one] [book|game|{thing}|restaurant|hotel|song|doctor] [in {place}|for "
    "{person}|with a {thing2}|][.||, please.]",
)
_BEGINNINGS = (
    "[How|Why|Where|When|Who|What|Which|Can you|Please|Could you|Do you|Is|Are|Does|Did|Will|Tell|Make|Show|Find|"
    "Buy|Play|Give|Send|Sing|Help|I want|I need|Let us|Should I|Calculate|Explain|Describe|Compare|Predict|Teach|Order|"
    "Book|Draw|Count|Translate|Invent|Paint|Cook|Write] [|a|the|my|your|some|about|with|for|of|to|me a|me the|is the]"
)
_HELD_OUT_UNRELATED = (
    "Name the highest mountain in {place}.", "How does a {thing} work?", "Compute {a} minus {b}.", "Write a letter to "
    "my {thing}.", "Recommend a film with {person}.", "How do I repair a {thing}?", "Where can I swim in {place}?",
    "Why do cats like {thing}?",
)  # fmt: skip
_THINGS = listed(
    "cat dog car rain love pizza soup moon sea bread music football history gold bitcoin coffee tree bicycle "
    "computer rocket winter summer chocolate salad fever headache house boat guitar dragon math physics",
)
_MORE_THINGS = _THINGS + listed(
    "apple arm baby bag ball banana bank bath bear bed bee bell bird blanket blood body bone book bottle box brain "
    "brick bridge brush bucket bus butter button cake camel camera candle card castle chair cheese cherry chicken "
    "child church circle clock cloud coat coin cow cup curtain desert desk diamond dinner dolphin door dream dress "
    "drum duck ear earth egg elephant engine eye farm feather fence film finger fire fish flag floor flower fly fork "
    "fox frog fruit garden ghost glass glove goat grass hair hammer hand hat heart hill honey horse ice iron island "
    "jacket jar key king kitchen kite knife ladder lake lamp leaf leg lemon letter lion lock map market milk mirror "
    "money monkey mountain mouse mouth nail needle nest net nose nut ocean onion orange oven owl page paint painting "
    "pan parcel park pear pen pencil phone piano picture pig pillow plane planet plant plate pocket potato prince "
    "queen rabbit radio rat ring river robot roof room rope rose ruler sand sandwich school seed shadow sheep ship "
    "shirt shoe shop sister skirt snake snow soap sock spider spoon star station stone storm street sugar suit sun "
    "table tail tea tiger tomato tooth towel tower town toy train umbrella vampire violin wall watch water wheel "
    "whale wind window wing wolf worm zebra",
)


def talk(random: Random, split: Split) -> Dialogue:
    """A greeting, a question about the model, thanks."""
    dialogue = Dialogue("talk", instructions.opening(random, split))
    if random.random() < 0.25:
        field = wording.field_name(random, random.choice(("title", "company", "location", "salary")))
        return dialogue.ask(wording.request(random, rambling=False).replace("{field}", field), _SEND)
    questions, answer = random.choice(_TALK)
    question = random.choice(questions)
    return dialogue.ask(mistyped(random, question) if random.random() < 0.1 else question, answer)


def refusal(random: Random, split: Split) -> Dialogue:
    """Something this model cannot do, or nothing that makes sense."""
    dialogue = Dialogue("refusal", instructions.opening(random, split))
    if random.random() < 0.3:
        strange_one = split is Split.TRAIN and random.random() < 0.5
        return dialogue.ask(strange.message(random) if strange_one else _gibberish(random), _UNCLEAR)
    question = one_of(random, _UNRELATED, _HELD_OUT_UNRELATED, split)
    kind = random.random() if split is Split.TRAIN else 1.0
    if kind < 0.35:
        question = vary(random, random.choice(_MORE_UNRELATED)).replace("{w}", words.word(random))
        question = question.replace("{thing2}", random.choice(_MORE_THINGS))
    elif kind < 0.65:
        begin, subject = vary(random, _BEGINNINGS), random.choice(("{thing}", "{place}", "{person}", "{thing}"))
        question = f"{begin} {words.several(random, 0, 4)} {subject} {words.several(random, 0, 3)}".replace(
            "  ", " "
        ).strip()
        question += random.choice("?.? !").strip()
    question = (
        question.replace("{place}", places.place(random, split))
        .replace("{place2}", places.place(random, split))
        .replace("{thing}", random.choice(_THINGS if split is Split.HELD_OUT else _MORE_THINGS))
        .replace("{person}", people.person(random, split))
        .replace("{a}", str(random.randrange(1, 500)))
        .replace("{b}", str(random.randrange(1, 500)))
    )
    if split is Split.TRAIN and random.random() < 0.15:
        question = mistyped(random, question)
    return dialogue.ask(question, _REFUSALS[0])


def _gibberish(random: Random) -> str:
    kind = random.randrange(4)
    if kind == 0:
        letters = "".join(random.choices(ascii_lowercase, k=random.randint(4, 18)))
        return " ".join(letters[i : i + 6] for i in range(0, len(letters), 6))
    if kind == 1:
        return "".join(random.choices("!?#%&*()[]{}<>/\\|~^_-+=.,;:", k=random.randint(2, 12)))
    if kind == 2:
        return " ".join(made_up.word(random).lower() for _ in range(random.randint(1, 6)))
    return made_up.code(random)


def missing_title(random: Random, split: Split) -> Dialogue:
    """A question about a text that is no posting at all."""
    from corpus.tasks import extraction  # the two files would otherwise import each other at start

    field = random.choice(("job title", "company", "salary"))
    text = random.choice(("The cat sat on the mat.", "It will rain tomorrow.", "Two plus two is four."))
    job = posting(random, split)
    text = random.choice((text, f"My name is {job.facts['contact']}.", _gibberish(random)))
    question = one_of(random, instructions.EXTRACT, instructions.HELD_OUT_EXTRACT, split)
    dialogue = Dialogue("missing", instructions.opening(random, split))
    question = question.replace("{field}", field).replace("{text}", text)
    return dialogue.ask(question, extraction.NOT_STATED)
