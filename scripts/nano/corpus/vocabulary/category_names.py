"""More names for the kinds of documents; only training uses them."""

from corpus.vocabulary.listing import listed

_NAMES = {
    "job_posting": """
        job offer ad; hiring ad; employment ad; vacant job; notice of a job; opening; open role; posting;
        recruitment ad; help wanted; job vacancy text; job opening; vacant position; role description;
        position description; job announcement; employer looking for staff; staff wanted; hiring notice;
        career opportunity; employment listing; want ad; recruitment advertisement; advertised role; jobs
        page entry; open job; employment opportunity; new vacancy; role on offer; position to fill; hiring
        post; ad for workers; situation vacant; job notice; position open; workplace offer; call for
        applications; we are hiring post; vacancy text; vacancies
    """,
    "resume": """
        applicant profile; work history; cv document; career summary; candidate CV; professional profile;
        person profile; applicant CV; career history; employment record; life of a candidate; candidate
        summary; skills and experience of a person; personal record; experience summary; professional
        resume; job seeker profile; person's career; background of an applicant; qualifications list; a CV;
        resume document; candidate; candidate document; applicant data; applicant background; professional
        background; employment history of a person; talent profile; bio; biography; candidate information;
        LinkedIn profile; resume text; work record; record of past jobs; profile of a person; user profile;
        resumes
    """,
    "cover_letter": """
        letter from an applicant; application; motivational letter; applying for a job; applicant_letter;
        letter to an employer; letter of interest; letter to a hiring manager; statement of motivation;
        applicant message; someone applies; application by mail; application text; expression of interest;
        job request; why I want this job; applicant's letter; candidate letter; candidate motivation;
        written application; personal statement; motivation; applicant; application of a candidate; reply to
        a job ad; job seeker letter; asking for a job; cover note; application mail; introduction of an
        applicant; motivation text; letter for a job; applying; letter with an application
    """,
    "recruiter_message": """
        message by a headhunter; contact by a recruiter; outreach message; sourcing message;
        recruiting_mail; talent outreach; recruiter mail; approach by a recruiter; cold message; first
        contact; recruiter contact; headhunting; headhunter mail; direct approach; message to a candidate;
        active sourcing; note from a recruiter; InMail; cold recruiting mail; candidate outreach; talent
        scout message; recruiter reaching out; recruiter note; unsolicited job message; contacting a
        candidate; recruiting message; sourcing; outreach to candidates; reaching out; personal job tip;
        recruiter email; hiring outreach; talent sourcing
    """,
    "interview_invitation": """
        invited for an interview; interview appointment; interview date; schedule an interview;
        interview_request; interview; call for interview; interview scheduling mail; appointment; interview
        meeting; next round; invitation for a talk; interview call; meet the candidate; interview plan;
        scheduling of interviews; job interview; conversation date; interview schedule; phone screen;
        appointment with a candidate; asking to an interview; invite to interview; interview time; first
        interview; scheduling; invited candidate; date for a talk; second round; interview slot; interview
        confirmation
    """,
    "rejection_letter": """
        turned down; refusal letter; negative answer; declined application; applicant rejected; rejected;
        refusal; denial; rejection email; rejection mail; regret letter; not selected; no to a candidate;
        decline; decline notice; declining; letter of rejection; letter of refusal; unsuccessful
        application; candidate not chosen; application refused; turning down an applicant; negative
        decision; bad news for an applicant; negative reply; candidate rejected; rejection of an applicant;
        rejection of a candidate; application declined; dismissal of an application; refused; no job; not
        hired; unsuccessful candidate; sorry letter; rejection notice; denied; disappointing answer;
        rejecting a candidate; candidate refusal; decline message
    """,
    "offer_letter": """
        job offer; contract; offer of employment; contract letter; hiring offer; offer; job offer letter;
        employment contract; offer to a candidate; work contract; letter with a job offer; accepted
        candidate; welcome letter; contract of employment; offer mail; offer for a candidate; hired; formal
        offer; written offer; contract terms; we want you letter; positive decision; acceptance; offer of a
        job; offer of a position; offered job; employment terms; offer document; letter of employment;
        letter of appointment; position offer; terms of the contract; candidate accepted; hiring letter;
        successful candidate; confirmation of employment
    """,
    "news_article": """
        newspaper; report; journalism; press; headline news; news story; current events; press report;
        newspaper report; breaking news; business news; article; news item; headlines; newspaper story;
        article in a paper; news text; reporting; daily news; economy news; media report; world news; news
        piece; latest news; news from a paper; news release; press story; magazine article; reporter's
        article; article of a journalist; published article; story; local news; news feed; news coverage;
        gazette; public report; news bulletin
    """,
    "advertisement": """
        product offer; sale; advert; commercial ad; promotional text; sales; product promotion; discount;
        promo; sales promotion; special offer; marketing text; shop offer; offer of a product; publicity;
        sales text; discount offer; bargain; deal; product deal; special price; promotional offer;
        promotional mail; sales pitch; marketing message; ad; ads; advertising text; offer for customers;
        buy now text; price offer; marketing mail; sale of goods; spam; products; coupon; sales ad; product
        sale; promoting a product; price cut; shopping offer
    """,
    "recipe": """
        cooking; food; how to cook; dish; kitchen instructions; meal recipe; cooking guide; meal; baking;
        food preparation; cookbook; recipes; instructions for a meal; preparing food; cookery; how to bake;
        food instructions; cooking text; recipe for a meal; kitchen recipe; cookbook page; kitchen; dinner;
        steps to cook; food text; cook
    """,
    "support_request": """
        customer problem; help desk ticket; technical problem; report of a bug; request for help; user
        complaint; issue; problem; problem report; ticket; help; support; error report; fault report;
        support case; customer issue; trouble; bug; technical issue; service request; customer request;
        complaint of a customer; IT problem; malfunction; customer support; reported problem; broken
        product; asking for help; trouble ticket; incident; defect report; user problem; error; service
        ticket; customer query; question to support; bug ticket; fault; help wanted by a user; assistance
        request; user needs help
    """,
    "meeting_notes": """
        notes; meeting protocol; record of a meeting; meeting summary; team meeting; discussion notes;
        meeting record; meeting report; protocol of a meeting; notes from a discussion; meeting; agenda;
        decisions; agenda and decisions; minutes of a meeting; summary of a meeting; team minutes; what was
        decided; action items; record; session notes; conference notes; results of a meeting; written
        record; talk notes; minute taking; meeting log; memo; board minutes; to-do list; log of a meeting;
        committee minutes; meeting agenda; session record; discussion record
    """,
    "event_announcement": """
        concert or party; announcement of an event; event date; invitation to an event; upcoming event;
        notice of an event; announcement; events; party; festival; what's on; save the date; event listing;
        public event; come to our event; invite; concert; conference; programme; invitation to a party;
        event ad; celebration; evening event; happening; event information; event invite; workshop or
        concert; festivities; notice; coming soon; exhibition; event calendar; date of an event; invited to
        an event; gathering
    """,
    "review": """
        user opinion; star rating; criticism; feedback; evaluation of a product; test report; reviews;
        customer feedback; customer opinion; stars; product rating; user review; assessment; judgement;
        experience with a product; recommendation; customer rating; product test; critic; evaluation;
        verdict; user feedback; opinion of a customer; comment; testimonial; rated product; product opinion;
        what customers think; view of a customer; critique; score; satisfaction; product feedback; rating by
        a user
    """,
    "personal_message": """
        message to a friend; family chat; letter to friends; private chat; friendly talk; personal note;
        private; private mail; personal; talk among friends; text to a friend; chat; chat with friends;
        informal message; private letter; friends; family; casual talk; casual message; everyday talk;
        chatting; talk; personal letter; private talk; social message; text message; messenger chat;
        friendly message; informal chat; casual; leisure; note to a friend; friendly note; message among
        friends; conversation; private conversation; chit-chat; friends and family; small chat
    """,
    "other": """
        anything else; not listed; no category; neither; different text; nothing of this; others; unrelated
        text; miscellaneous; misc; other topic; unknown; no match; off topic; not about work; not about
        hiring; not about jobs; unrelated to jobs; not job related; rest; everything else; no job text;
        none; none of these; does not fit; irrelevant; outside; something different; general text;
        unclassified; other things; other content; another topic; text about something else; no relation to
        jobs; not relevant; nothing to do with jobs; unrelated content
    """,
}
NAMES = {key: listed(names, ";") for key, names in _NAMES.items()}
