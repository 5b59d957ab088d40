"""First sentences of postings, put together from parts so that hardly two are alike."""

from random import Random

from corpus.template import capitalised, vary
from corpus.vocabulary.listing import listed

_HIRES = listed(
    "is looking for; needs; wants to hire; seeks; is recruiting; has a job for; has an opening for; plans to hire; is "
    "searching for; must find; is about to hire; would be happy to find; has a free position for; will hire; is "
    "growing and needs; urgently needs; invites applications from; hopes to find; opens its doors for; is in need of",
    separator=";",
)
_FIRMS = listed(
    "{company}; {company}; {company}; the firm {company}; our client {company}; the team at {company}; the company "
    "{company}; our partner {company}; my employer {company}; the people of {company}; the well-known {company}; a "
    "company named {company}; {company} (founded in 1998); {company}, a leader in its field,",
    separator=";",
)
_PLACES = listed(
    "in {location}; in {location}; near {location}; at its site in {location}; for its {location} branch; based in "
    "{location}; at the {location} office; for the team in {location}; with a desk in {location}; in beautiful "
    "{location}; for {location}; close to {location}; out of {location}; (location: {location}); from {location}; in "
    "the city of {location}; for work in {location}",
    separator=";",
)
_PEOPLE = listed(
    "a {title}; a {title}; a {title}; one {title}; a new {title}; a motivated {title}; another {title}; a skilled "
    "{title}; somebody for the role of {title}; a person to work as {title}; its next {title}; a full {title}",
    separator=";",
)
_WHEN = listed(
    "this year; right now; as soon as possible; from next month on; after a strong year; once again; because of new "
    "projects; to replace a colleague; for a new team; with immediate effect; in these busy times; at the moment",
    separator=";",
)
_ORDERS = (
    "{firm} {hires} {person} {place}.",
    "{firm} {hires} {person} {place} {when}.",
    "{when}, {firm} {hires} {person} {place}.",
    "{place}, {firm} {hires} {person}.",
    "{firm} {place} {hires} {person}.",
    "{person} is wanted {place} by {firm}.",
    "{person} can start {place} with {firm}.",
    "{person}: that is what {firm} needs {place}.",
    "A job as {title} is free {place}; the employer is {firm}.",
    "{when} there is work for {person} {place} at {company}.",
    "We from {company} are hiring {person} {place}.",
    "Work {place} as {title}: {firm} {hires} you.",
    "{firm} {hires} {person}. You would work {place}.",
    "{firm} {hires} {person}. The office is {place}.",
    "The office of {company} is {place}. {firm} {hires} {person}.",
    "{place} you can work as {title}. {firm} {hires} people.",
    "{firm} {hires} {person}!",
    "{person} is needed {place}.",
)

_SHAPES = (
    # One sentence about the company and its town, one about the job.
    "{firm} [has worked|is at home|has its seat|makes its products|sits|grew up|was founded|has a workshop|employs "
    "fifty people|lives and works|runs a branch|started] in {location}[. It|; it| and|. Now it] "
    "[hires|needs|wants|would like|lacks|is short of] {person}.",
    "{firm}, [which|that] [has worked|is at home|has its seat|sits|grew up|was founded|opened a branch|runs a "
    "workshop] in {location}, {hires} {person}.",
    "{firm}, [at home|founded|active|located|a firm|a name everybody knows|born|well known] in {location}, {hires} "
    "{person}.",
    "[For years|Since 2011|For a decade|Over time|Long ago|In spring|This week|Of late|Since the merger], {firm} "
    "[has worked|was busy|has had a branch|opened a branch|has made friends|expanded|moved to a new building] in "
    "{location}[ and now| and so|; now it|, which is why it] [needs|hires|seeks|takes on|must find] {person}.",
    "{location} is [home to|the home of|the seat of|the town of|what we call home, says|the base of] {firm}. "
    "[{Person}|There, {person}] is [needed|wanted|missing|welcome].",
    "{location} [has got|offers|has] a [job|post|place] for {person}: {firm} {hires} [help|staff|people].",
    "{location} is [the place|the town|the city] in which {firm} [needs|hires|would hire|seeks] {person}.",
    "[The owners|The people|The staff|The heads|The founders|The board|Our friends] [of|at|behind|from] {company} "
    "[want|hope|intend|agreed|are ready|would be glad|voted] to [hire|find|employ|take on|welcome|appoint] {person} "
    "[in|for|near|at the site in] {location}.",
    # What is on offer comes first.
    "[There is|Here is|This is|Now open:|On offer:|Free now:|We announce] [work|a job|a place|a post|a role] for "
    "{person} [with|at|from] {company}[; it is| -| and you would be|; you work|, with a desk|. Where?] in {location}.",
    "{Person} [gets a contract|finds a job|is hired|can begin|would fit|is welcome|gets a desk|is missed] at "
    "{company}[, which is| in|, a firm|, at home| -| near| over] in {location}.",
    "{Person} [is required|is missing|has left us|should join|may apply|could start] [at|with] {company}, whose "
    "[workshop|home|seat|plant|rooms|staff|customers|team] [is|are|stands] in {location}.",
    "[The job|The post|The role|The work] of {title} [at|with|for] {company} [is done|takes place|is to be done|keeps "
    "you|is free] in {location}.",
    "[The town|The place|The site|The desk|The office|Your town|The address] [is|will be|remains] {location}, [the "
    "firm|the employer|your boss|the company|the business] [is|will be] {company}, [the job|the role|the task|your "
    "post] [is|will be] {title}.",
    "[Anybody|Somebody|Everybody|Nobody|People|A person] who [knows|loves|likes|lives in|comes from|visits] {location} "
    "[knows|has heard of|likes|meets] {firm}. {Person} is [needed|wanted] [there|now|soon].",
    # To the reader.
    "[Work|Begin|Start|Come and work|Move|Sign up|Train|Get a job] [with|at|for] {company} [in|near|out of] "
    "{location} as [a|our|the new|one more] {title}.",
    "[Live|Stay|Settle|Wake up] in {location} and [work|be|earn your money|start] as [a|our] {title} [at|for|with] "
    "{company}.",
    "You [are|were|have been|want to be|would like to become|call yourself] a {title}[?|, and| and] {location} [is "
    "near|is your home|is fine with you|sounds good][?|.] {firm} {hires} you.",
    "[Dear|Hello|Listen,|Attention,] {title}[,|!| -] {company} [wants|needs|waits for|is calling|has work for] you in "
    "{location}[.|!]",
    "{location} [calls|is waiting|wants you|is growing|needs you][!|:|.] [Become|Be|Work as|Start as] {person} "
    "[with|at|for] {company}[.|!]",
    "[I|We|Somebody I know|My sister|A friend|My boss|My colleague] [work|works|am|is] at {company} in "
    "{location}[;|. They|, and they|: they] [need|want|hire|seek] {person}.",
    # Short remarks of two facts or three.
    "{title}, {location}[ (| - | / |; |, | and ][{mode}|{contract}|{salary}|start {start}]. "
    "[Employer|Company|Firm|By|For|With|At][:|] {company}[.|!]",
    "{company}: {title}, {location}, [{mode}|{contract}|{salary}]. [Write|Call|Apply|Be quick|Good luck][.|!|]",
    "[My|Our|This|The] [firm|employer|office|group|crew|company] {company} [gets bigger|has too much to do|is doing "
    "well|expands|hires again|moves][:|;| -] {title}, {location}[,| -|;] [{mode}|{contract}|{salary}].",
    "{title} [(|/ |- |< ]{location}; {company}[)|.|!|] [is|are|was] [free|new|open|on offer].",
    "[Job|Post|Role|Work] [no. 4|of the day|for you|news][:|!] {title} [<|((|= |/ ]{company} [/|-|;|&|+] "
    "{location}[>|))| =|.]",
    "[Searching|Looked for|Requested|To be filled|Needed soon|Up for grabs][:| -|...] {title} [<|- |/ |: ]{location}, "
    "{company}[>|.|!|]",
)


def opening(random: Random) -> str:
    """A template that leaves {title}, and mostly {company} and {location}, open."""
    template = vary(random, random.choice(random.choice((_ORDERS, _SHAPES))))
    template = template.replace("{Person}", capitalised(random.choice(_PEOPLE)))
    for name, parts in (
        ("{firm}", _FIRMS),
        ("{hires}", _HIRES),
        ("{person}", _PEOPLE),
        ("{place}", _PLACES),
        ("{when}", _WHEN),
    ):
        template = template.replace(name, random.choice(parts))
    return template if template.startswith("{") else capitalised(template)
