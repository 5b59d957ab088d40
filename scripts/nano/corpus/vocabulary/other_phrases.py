"""More sentences for documents that have little to do with hiring, as in `phrases`; only training uses them."""

OTHER_PHRASES: dict[str, tuple[str, ...]] = {
    "news_article": (
        "[News|Press|Newspaper|Breaking news]: [prices rise again|new school opened|bridge closed] in {location}.",
        "[The president|The mayor|The minister|A judge|The parliament] [announced|opened|criticised|approved] [a new "
        "law|a budget|a bridge|a tax] [yesterday|on {start}|in {location}].",
        "[Shares|Profits|Sales|Prices] of {company} [rose|fell|dropped|climbed] [by two percent|sharply|last "
        "week|after the announcement].",
        "[A fire|A storm|An earthquake|A flood|An accident] [in|near|outside] {location} [injured|killed|damaged] "
        "[three people|nobody|many houses].",
        "[Police|Officials|Witnesses|Reporters|The newspaper] [said|reported|confirmed] [on Monday|last night|today] "
        "that [the road is closed|a man was arrested|the strike is over].",
        "[Election|Vote|Protest|Strike|Crisis] in {location}[:| -] [thousands in the streets|results "
        "expected|government under pressure].",
    ),
    "advertisement": (
        "[Save|Get|Only today:] [20%|30%|50%|half price] [off|discount] on [shoes|phones|furniture|coffee|all "
        "shirts][!| at {company}!]",
        "[Buy|Order|Try|Get] [our|the|your] [new|best|favourite] [watch|phone|sofa|coffee|cream|bike] "
        "[now|today|online][!|.]",
        "[Special offer|Sale|Discount|Promotion|Deal of the day][!|:] [prices from $5|everything must go|two for one].",
        "[Free delivery|Free shipping|Free gift] [with|for] [every order|each purchase|orders over $30].",
        "The [cheapest|best|fastest] [shop|store|car|laptop] in {location}. [Visit us|Come in|Shop now]!",
    ),
    "recipe": (
        "[Food for two|Cooking time|How to cook it]: [30 minutes|boil, then fry|mix everything and bake].",
        "[Mix|Stir|Whisk|Beat] the [flour|eggs|butter|milk|cream] [with|and] the [sugar|salt|oil|yeast] [well|in a "
        "bowl|until smooth].",
        "[Chop|Cut|Slice|Peel] the [onions|carrots|potatoes|tomatoes|garlic] [into pieces|finely|].",
        "[Cook|Fry|Boil|Bake|Roast] [the|all] [rice|pasta|chicken|soup|cake|vegetables] for [10|20|30|45] minutes.",
        "[Preheat|Heat] the [oven|pan|oil|water] [to 200 degrees|until hot|].",
        "[Serve|Garnish|Enjoy] [warm|cold|it hot] with [parsley|bread|salad|basil leaves|cheese].",
        "[You need|Ingredients]: [two eggs|500 g flour|1 onion|3 tomatoes], [salt and pepper|olive oil|a glass of "
        "milk|sugar].",
        "[Add|Pour in] [a cup of water|the sauce|a spoon of oil|a pinch of pepper].",
    ),
    "support_request": (
        "[Bug|Problem|Error|Help needed|Request|I need help]: [the app crashes|I cannot log in|the printer is "
        "offline].",
        "[My|The] [printer|laptop|phone|screen|account|router] [does not work|is broken|stopped working|shows an "
        "error].",
        "[I cannot|I can't|How do I|It is impossible to] [log in|open the file|change my password|install the "
        "update][.|?]",
        "[Where is|I am waiting for|I never got] [my order|my package|my refund|the invoice][.|?]",
        "[Please help|Please fix this|Can somebody help]: [the app|the website|the program] [crashes|freezes|is very "
        "slow].",
        "[I want|I ask for|I demand] [a refund|my money back|a new one|a repair], [it broke|the lamp is defective|it "
        "is the wrong size].",
    ),
    "meeting_notes": (
        "[Protocol|Minutes|Notes|Summary] of the [meeting|team meeting|call] [on {start}|about the budget|with "
        "{person}].",
        "[Present|Participants|Attendees|Absent]: {person}[|, {contact}].",
        "[Next step|Action item|To do|Task]: {person} [prepares|writes|checks|sends] the "
        "[plan|slides|report|numbers][| by {deadline}].",
        "[We decided|It was decided|The team agreed|Decision:] to [move the release|cut costs|start the project|buy "
        "new tools][| on {start}].",
        "[Agenda|Topics|Points discussed]: [budget|roadmap|sales|open questions], [planning|hiring|next steps|risks].",
        "The [meeting|session|call] [ended|began|was closed|started] at [9:00|10:30|4 pm].",
        "{person} [reported|explained|summarised|presented] [the status|the results|the problems of the project].",
    ),
    "event_announcement": (
        "[Event|Invitation|Notice|Upcoming event]: [a concert|a talk on {skill}|a party|open day] on {start}.",
        "[Concert|Festival|Exhibition|Workshop|Conference|Party|Talk] [in|near] {location} on {start}.",
        "[Join us|You are invited|Come|Everybody is welcome] [for|to] [the show|a free concert|our party|the fair|a "
        "lecture on {skill}].",
        "[Tickets|Seats|Places] [cost $10|are free|are limited|at the door].",
        "[Doors open|The event starts|The show begins|Admission] at [6 pm|7:30|8 pm].",
        "[Register|Sign up|Book your seat] [here|now|by {deadline}] for the [webinar|conference|workshop|course].",
    ),
    "review": (
        "[My rating|Rating|Overall rating|My opinion|In my opinion|Verdict]: [great|bad|five stars|it is good|not "
        "worth it].",
        "[I loved|I hated|I liked|I enjoyed] [this|the] [book|film|hotel|restaurant|phone|game][, great fun|, so "
        "boring||, what a disappointment].",
        "[Five stars|One star|Four out of five|Two stars][:|.] [great service|bad quality|very good food|too "
        "expensive].",
        "The [room|food|staff|story|sound|battery] was [great|awful|dirty|friendly|boring|excellent].",
        "[Would buy again|Not worth the money|I recommend it|I am disappointed|Highly recommended][.|!]",
        "[The blender|This camera|The vacuum cleaner|My new bike] [works well|broke after a week|is too loud|is "
        "perfect].",
    ),
    "personal_message": (
        "[Good to chat with you|Let us chat|It was nice to talk], [see you|talk soon|big hug][.|!]",
        "[Hey|Hi|Dear] [mom|dad|{person}|darling|my friend], [how are you|I miss you|see you soon|I am on my way "
        "home][?|!|.]",
        "[Happy birthday|Merry Christmas|Get well soon|Happy new year][!| to you!| and big hugs!]",
        "[Shall we|Do you want to|Let's|Can we] [go to the cinema|have dinner|go swimming|play football|watch a "
        "film] [tonight|tomorrow|on Sunday][?|]",
        "[Thanks|Thank you so much] for the [gift|lovely evening|cake|flowers|party].",
        "[I will be late|Can you buy milk|Grandma says hello|The kids are asleep|Love you][.|!]",
    ),
    "other": (
        "[The sun|The river|The mountain|A whale|The moon] is [very|] [big|old|far away|beautiful|deep].",
        "[Cats|Dogs|Birds|Fish|Horses] [sleep a lot|eat grass|can swim|live in {location}|have legs].",
        "[Seven|Two|Ten|Three] [plus|times|minus] [one|four|five|two] [is|equals] [a number|seven|nine|ten].",
        "[Once there was|There was once|Long ago there lived] a [king|princess|wolf|giant] in [a castle|the forest|a "
        "small town].",
        "[It snows|The bus stops|The wind blows|It was cold|The tree is green] in {location}.",
        "[Gold|Iron|Water|Glass|Honey] [is a metal|melts|shines|is sweet|breaks easily].",
    ),
}
