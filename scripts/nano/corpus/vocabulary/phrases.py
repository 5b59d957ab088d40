"""More sentences for each kind of document, with alternatives in brackets; only training uses them."""

from corpus.vocabulary.other_phrases import OTHER_PHRASES

HIRING_PHRASES: dict[str, tuple[str, ...]] = {
    "job_posting": (
        "[Vacancy|Job vacancy|Notice|Job notice] no. {reference}: {title}[| in {location}].",
        "[We are|Our team is|Our company is|{company} is] [looking for|searching for|recruiting|hiring|seeking] a "
        "{title}.",
        "[We need|We want|Wanted:|Vacancy:|Open position:|Job:|New job:] {title}[| in {location}| at {company}|, "
        "{salary}].",
        "[Your tasks|Your duties|The role|What you will do|Main responsibilities]: {duties}.",
        "[Your profile|Qualifications|We expect|You bring|You have|Must have]: {skill}, {skill2}[|, {education}].",
        "[You have|You bring|We require|Minimum] {years}[|+] years of [experience|work experience|{skill} experience].",
        "[We offer|Our benefits|What you get|Perks]: {benefits}.",
        "[Apply|Apply online|Send your CV|Send us your documents|Applications] [now|today|by {deadline}|to {email}].",
        "[Full-time|Part-time|Permanent|Temporary] [job|position|vacancy] [in|near] {location}.",
        "The [position|vacancy|job] is [open|available] [now|immediately|from {start}].",
        "As a {title} you [will|are going to] {duty}.",
        "[Become|Be] our [new|next] {title}[!|.]",
        "We are [hiring|growing]! [Our|The] {department} team [needs|is looking for] [you|a {title}].",
    ),
    "resume": (
        "[Candidate|Applicant|My resume|Candidate profile|CV|Resume of]: {person}[|, {title}].",
        "[Work history|Career|Experience|Employment]: {title}[| at {company}| ({company})], [2009|2012|2014|2017] to "
        "[2018|2020|2022|today].",
        "[Summary|Profile|About me]: [skilled|dedicated|motivated|certified] {title}, {years} years [in|of] {skill}.",
        "[Education|Degree|Studies|School]: {education}[|, {location}|, 2008|, 2016].",
        "[Key skills|Abilities|Competences|Knowledge|Tools]: {skill}, {skill2}.",
        "[Worked|Was employed|Served] as {title} [for|at|with] {company}[| for {years} years].",
        "[Born|Nationality|Address|Date of birth]: {location}.",
        "[Languages|Spoken languages|Mother tongue]: {language}[| (native)| (basic)].",
        "[Hobbies|Interests]: [reading|travel|sports|music|cooking|chess], [photography|hiking|painting|running].",
        "[Achievements|Awards|Certificates|Projects]: [employee of the year|{skill} certificate|{skill} project].",
        "{person}[, | - | | ]{title}[| - {phone}| - {email}]",
    ),
    "cover_letter": (
        "[This letter is|With this letter I send you] my application [for the job|as a {title}|to {company}].",
        "[I am applying|I would like to apply|I wish to apply|I apply] for [the|your] [position|role|job|vacancy] of "
        "{title}.",
        "[I believe|I am sure|I am convinced] [that |]I [am the right person|fit this role|can help your team|would "
        "be a good addition].",
        "[My motivation|My reason for applying|Why I apply]: I [love|enjoy|want] to {duty}.",
        "[Your advertisement|Your posting|Your vacancy|The job ad] [caught my eye|interests me|fits my skills].",
        "[Enclosed|Attached] [you find|please find|are] my [CV|resume|certificates|documents].",
        "I [worked|have worked] with {skill} for {years} years [and|, which is why I] would like to [join you|work "
        "for {company}].",
        "[It would be a pleasure|I would be happy|I would be glad] to [meet you|talk to you|tell you more about "
        "myself].",
        "[Dear Sir or Madam|Dear {contact}|To the hiring team],",
        "[Yours sincerely|Yours faithfully|With kind regards], {person}",
    ),
    "recruiter_message": (
        "I [am reaching out|reach out|am contacting you] [because of|about] [your skills in {skill}|a {title} job].",
        "[Hi|Hello|Dear] {person}, [your profile|your career|your background] [looks great|is impressive|fits a role "
        "we have].",
        "[I have|We have|My client has] a [job|role|position|project] that [could|might] interest you: {title}.",
        "[Are you|Would you be] [open to|looking for|interested in] [a new job|a change|a new challenge|new roles]?",
        "[I am a|As a] [recruiter|headhunter|talent scout|sourcer] [at|for|from] {company}[.|, I look for people "
        "with {skill}.]",
        "[Could we|Can we|Shall we|May I] [talk|call you|have a chat|speak] [this week|tomorrow|next week|on Monday]?",
        "[I saw|I found|I read] your profile [online|on LinkedIn|in our database] and [thought of you|wanted to "
        "contact you].",
        "[Reply|Write back|Get in touch] if [you want to hear more|this role interests you|you are curious].",
        "Do you know [somebody|anyone] who would [like|fit] this role?",
    ),
    "interview_invitation": (
        "[Scheduling|The schedule|The date] of your interview: {start}.",
        "[We invite you|You are invited|We are happy to invite you] to [a job interview|an interview|a first "
        "interview|a talk about your application].",
        "[Your|The] interview [is on|takes place on|will be on|date is] {start}[| at 2 pm| at 9:30| in {location}].",
        "[Please come|Please arrive|Come] to our [office|building|reception] [at 9:00|at 11:00|on {start}] for the "
        "interview.",
        "[Please choose|Pick|Let us know] a [time|date|slot] for [your|the] interview.",
        "[You will talk|You will speak|You have an appointment] with {contact} about the {title} position.",
        "[We liked|We were impressed by] your application and want to [meet you|get to know you|speak with you].",
        "The interview [lasts|takes] [one hour|45 minutes|30 minutes][.| by video.| by phone.]",
    ),
    "rejection_letter": (
        "We [decline|have to decline|reject|rejected] your [application|candidacy][| as a {title}].",
        "[Unfortunately|Sadly|We are sorry, but|I am afraid] [you were not selected|we cannot hire you|your "
        "application was declined|we chose somebody else].",
        "[We regret|We are sorry] [to tell you|to say|to inform you] that the [job|position|vacancy] [has been "
        "filled|is taken|went to another person].",
        "[Other|Another|Some] [candidates|applicants] [fit better|had more experience|were a better match].",
        "We [have rejected|have declined|cannot accept|must turn down] your application[.| for {title}.]",
        "[Thank you for applying|Thank you for your time], [but|however] we [will not continue|cannot offer you a "
        "job|decided against you].",
        "[We wish you success|Good luck|All the best] [in your search|with other employers|for your future].",
    ),
    "offer_letter": (
        "[With this letter we offer|Here is our offer of|This is the contract for] your [job|employment] at {company}.",
        "[We offer you|We would like to offer you|We are glad to offer you|This is our offer for] the "
        "[job|position|role] of {title}.",
        "Your [salary|pay|yearly salary|income] [is|will be|amounts to] {salary}.",
        "[You start|You begin|Work begins|Your employment starts] on {start}.",
        "[Sign|Please sign|Return] [this letter|the contract|the agreement] [until|by|before] {deadline}.",
        "[Congratulations|Welcome|We are happy]! [You got the job|We want you in our team|You will join {company}].",
        "[Your contract|The contract|This agreement] [includes|comes with|grants you] {benefits}.",
        "[The trial period|Probation|The notice period] [is|lasts] [three months|six months|four weeks].",
    ),
}
PHRASES = HIRING_PHRASES | OTHER_PHRASES
