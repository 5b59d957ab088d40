"""More names for the fields of work, by the first name of each; only training uses them."""

from corpus.vocabulary.listing import listed

_FIELD_NAMES = {
    "software_engineering": """
        coding; software; developers; computer programs; programmers; app development; programming of
        computers; software developers; web development; code; writing code; computer programming; software
        jobs; applications; software programming; development of software; web and apps; coders; engineering
        of software; backend and frontend; programming jobs; apps; programmer
    """,
    "artificial_intelligence": """
        AI; ML; deep learning; AI models; intelligent systems; research on AI; neural networks; learning
        machines; AI engineering; AI and data; machine intelligence; AI development; AI lab; language
        models; training of models; AI science; models; AI jobs; research in AI; AI team
    """,
    "data_analytics": """
        data; analytics; reporting; statistics; data analysis; BI reports; BI; data and reports; numbers;
        analysis; dashboards; business analytics; business data; intelligence from data; analysts; insights;
        data insights; business reports; data warehouse; data reporting; business analysis; analysing data;
        intelligence reports
    """,
    "it_operations": """
        IT; servers and networks; IT support; cloud; infrastructure; system administrators; networks;
        servers; operations; administration of systems; IT systems; computer networks; sysadmin; IT
        services; platform; computer systems; IT administration; hosting; network administration; systems;
        systems and networks; operating servers; admins
    """,
    "cybersecurity": """
        security of data; IT security; cyber security; protection from attacks; hackers and defense; cyber;
        cyber protection; defense against hackers; network security; data protection; hacking; security
        analysts; computer security; cyber attacks; defending systems; digital security; cyber threats;
        security of systems; cyber safety; protection of data; threat defense
    """,
    "product_design": """
        design; UX; graphics; user interfaces; designers; creative work; creative; graphic design; visual
        design; interface design; creative jobs; design and art; creativity; layout and design; creatives;
        design of products; art; user experience; web design; visual work; creative team; drawing
    """,
    "product_management": """
        product; projects; project management; product owners; delivery of projects; product management;
        product owner; project managers; owning a product; roadmaps; product and projects; product teams;
        planning of projects; product strategy; projects and products; agile delivery; program management;
        product leadership; ownership of a product; scrum
    """,
    "engineering": """
        machines; mechanics; electronics; hardware; industrial engineering; production; factory;
        manufacture; machine building; plants and machines; technical engineering; making products;
        engineers; industry; assembly; mechanical; electrical; production engineering; factories;
        manufactured goods; plant engineering; production lines; industrial production; manufacture of
        products; technical work
    """,
    "marketing": """
        brand and campaigns; advertising campaigns; communications; ads and promotion; public relations;
        ads; adverts; brands; campaigns; PR; marketing and PR; social media; advertising and brands;
        advertisers; publicity; online marketing; ad agency; brand management; press work; media and
        campaigns; communication; advertising agency
    """,
    "sales": """
        selling; business development; customers and deals; key accounts; commerce; sales jobs; sellers;
        deals; commercial work; new customers; sales team; winning customers; salespeople; commercial jobs;
        accounts and deals; sales management; commercial team; trading; revenue; winning deals; business;
        client acquisition; commercial roles; sales reps
    """,
    "finance": """
        accounting; money; taxes; accounts; banks; financial services; bookkeeping; accountants; accountant;
        finances; financial; audit; tax and audit; books and taxes; treasury; banking and finance;
        controlling; financial work; investment; accounting and taxes; insurance and banks; payments;
        balance sheets; accountant jobs; auditing
    """,
    "human_resources": """
        HR; personnel; staff; people; talent acquisition; hiring people; recruiters; recruitment; recruiter;
        hiring; finding staff; talent; personnel department; HR department; people team; employees;
        staffing; staff and hiring; hiring of staff; HR and recruitment; human capital; people management;
        workforce; hiring team; talent management; recruit people
    """,
    "legal": """
        lawyers; legal matters; compliance; contracts and law; court; legal department; law firm; legal
        work; lawyer; justice; legal advice; legal team; legal support; services of lawyers; legal affairs;
        attorneys; law and order; law and contracts; contracts; legal jobs; legal counsel; laws; regulation
    """,
    "customer_service": """
        support; customer help; help for customers; call center; service for clients; helpdesk; clients;
        services for customers; client support; client care; helping customers; customer contact; user
        support; service desk; client help; customer services; service; client relations; phone support;
        care of clients; customer relations; after-sales
    """,
    "administration": """
        office; secretary; office work; reception; clerks; back office; assistants; clerk; clerical work;
        secretarial; secretaries; paperwork; office jobs; admin; administrative; office clerks; assistant;
        administrative work; secretarial work; office staff; front desk; assistance; documents and
        calendars; office assistant; admin work; typing and filing
    """,
    "logistics": """
        transport; shipping; warehouse; delivery; freight; goods and trucks; supply; warehouses; drivers;
        storage; transport of goods; moving goods; stock; trucks; storage of goods; shipment; warehouse
        work; goods; driving; storehouse; distribution; packing and shipping; storing goods; depot;
        transportation; inventory; stock keeping
    """,
    "government": """
        public sector; charity; state and city; social services; community work; civil service; social;
        social workers; public service; state; community; non-profit; authorities; government jobs; welfare;
        social care; helping people; NGO; public office; city administration; social jobs; help for
        families; social projects; aid; public authority
    """,
    "healthcare": """
        health; hospital; nurses; doctors; care of patients; medicine; nurse jobs; nurse; care; patients;
        medical care; hospitals; health care; clinic; caring; nurses and doctors; health service; patient
        care; medical jobs; doctor; care work; medical staff; clinics; caregivers; treatment of patients;
        nursing care
    """,
    "education": """
        school; teaching; teachers; children and students; university; courses and training; teacher;
        schooling; trainers; lessons; learning; training of people; students; courses; classes;
        kindergarten; instruction; education jobs; trainer; training courses; teaching jobs; college;
        academic; tutors; coaching; further education
    """,
    "hospitality": """
        hotel; restaurant; food service; guests; kitchen and hotel; travel; tourists; hotels; restaurants;
        tourism and hotels; travel and tourism; cooks and waiters; holidays; kitchen; catering; gastronomy
        and travel; travelling; hospitality jobs; hotel business; vacation; guest service; bars and
        kitchens; tourist business; serving guests; cooking
    """,
    "retail": """
        shop; store; shops; trade; supermarket; online shop; selling in shops; stores; online stores; web
        shop; online trade; commerce online; e-shop; retailing; shopping; shop assistants; online retail;
        internet shop; cashier; retail trade; electronic commerce; online selling; checkout; merchandise;
        shop jobs; retail stores
    """,
    "construction": """
        trades; building sites; carpenters; houses; craft; handwork; builders; crafts; construction sites;
        craftsmen; tradesmen; skilled crafts; building trade; skilled workers; trade workers; electricians
        and plumbers; site work; manual work; skilled work; plumbing; carpentry; handicraft; builder;
        building work; construction work; roofs and walls; renovation
    """,
    "science": """
        laboratory; research; lab work; biology and chemistry; scientists; experiments; biology; chemistry;
        lab; biotech; life sciences; scientific research; bioscience; labs; research lab; natural science;
        biochemistry; scientific; scientist; technology of life; experiments in a lab; biological research;
        pharma research; laboratories
    """,
    "media": """
        film; news and books; journalism; television; entertainment; publishers; video and film; movies; TV;
        film and TV; cinema; radio and television; video; journalists; movie production; television and
        radio; broadcasting; film production; newspapers; films; editors; press; show business; filming;
        books; TV production
    """,
    "agriculture": """
        farm; farming; environment; garden and forest; animals and plants; nature; gardens; gardeners;
        plants; garden; forests; garden work; landscaping; green jobs; agricultural work; outdoor work;
        parks; horticulture; animals; trees and plants; growing plants; gardener; landscape; farmers; fields
        and forests; ecology
    """,
    "security_services": """
        safety; guards; police and fire; protection; fire department; emergency; police; rescue; guard; fire
        and rescue; emergency response; rescue services; firefighters; public safety; emergency help;
        security guards; security jobs; emergency team; security personnel; protection of people; ambulance;
        guard service; first responders
    """,
}
FIELD_NAMES = {key: listed(names, ";") for key, names in _FIELD_NAMES.items()}
