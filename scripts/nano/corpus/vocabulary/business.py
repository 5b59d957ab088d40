"""Domains of business, office and the public sector."""

from corpus.vocabulary.domain import domain

BUSINESS = (
    domain(
        names="marketing, Marketing and communications, digital marketing, advertising",
        about="promoting products, brands and content",
        roles="Manager, Specialist, Coordinator, Director, Strategist, Writer, Analyst, Assistant",
        focuses="Marketing, Digital Marketing, Content, SEO, Social Media, Brand, Email Marketing, "
        "Communications, Public Relations, Growth Marketing, Campaign, Event Marketing, Copy",
        skills="SEO, Google Analytics, copywriting, content strategy, HubSpot, social media, email "
        "campaigns, Google Ads, WordPress, brand management, public relations, Canva, Mailchimp",
        duties="plan and run campaigns, write content for our website, manage social media channels, measure "
        "campaign results, organise events, work with agencies, grow our audience, write press releases",
    ),
    domain(
        names="sales, Sales and business development, account management, commercial",
        about="selling products and looking after clients",
        roles="Representative, Manager, Executive, Director, Associate, Consultant, Agent",
        focuses="Sales, Account, Business Development, Inside Sales, Field Sales, Regional Sales, Key "
        "Account, Territory, Partnership, Technical Sales, Export Sales",
        skills="Salesforce, negotiation, cold calling, CRM, lead generation, account management, "
        "presentations, B2B sales, pipeline management, prospecting, closing deals, forecasting",
        duties="find new customers, meet monthly sales targets, present our products to clients, negotiate "
        "contracts, keep the CRM up to date, visit customers in the region, build long-term relationships "
        "with clients, prepare offers and quotes",
    ),
    domain(
        names="finance, Finance and accounting, banking, accountancy",
        about="accounting, budgets, taxes and investments",
        roles="Accountant, Analyst, Controller, Manager, Auditor, Clerk, Advisor, Officer, Director",
        focuses="Financial, Tax, Payroll, Investment, Credit, Risk, Treasury, Cost, Accounts Payable, "
        "Internal Audit, Budget, Management, Fund, Mortgage",
        skills="accounting, GAAP, IFRS, financial modeling, Excel, SAP, QuickBooks, budgeting, auditing, "
        "tax law, forecasting, Bloomberg, CPA, reconciliation, Oracle Financials, risk analysis",
        duties="prepare monthly financial reports, manage budgets and forecasts, file tax returns, reconcile "
        "accounts, support the annual audit, process invoices, analyse investments, run the payroll",
    ),
    domain(
        names="human_resources, Human resources, people operations, recruiting",
        about="hiring, training and supporting employees",
        roles="Manager, Generalist, Business Partner, Recruiter, Coordinator, Specialist, Director",
        focuses="HR, People, Talent, Talent Acquisition, Compensation, Learning and Development, Technical "
        "Recruiting, Employee Relations, Onboarding",
        skills="Workday, recruiting, employee relations, onboarding, labor law, interviewing, HRIS, "
        "compensation, performance management, conflict resolution, Greenhouse, BambooHR",
        duties="recruit new colleagues, lead onboarding, advise managers on people questions, maintain "
        "employee records, organise trainings, improve our hiring process, handle complaints fairly",
    ),
    domain(
        names="legal, Legal and compliance, law, legal services",
        about="contracts, regulation and court matters",
        roles="Counsel, Lawyer, Paralegal, Officer, Assistant, Secretary, Manager, Advisor",
        focuses="Legal, Compliance, Corporate, Contract, Privacy, Patent, Regulatory, Litigation, Employment "
        "Law, Data Protection",
        skills="contract law, legal research, GDPR, compliance, due diligence, drafting contracts, "
        "litigation, intellectual property, negotiation, Westlaw, anti-money laundering",
        duties="draft and review contracts, advise the board on legal risk, follow changes in regulation, "
        "prepare court documents, protect our intellectual property, answer data protection requests",
    ),
    domain(
        names="customer_service, Customer support, customer care, client services",
        about="answering customers and solving their problems",
        roles="Representative, Agent, Specialist, Manager, Advisor, Team Leader, Associate",
        focuses="Customer Service, Customer Support, Call Center, Customer Success, Client Care, Technical "
        "Support, Complaints, Live Chat",
        skills="Zendesk, active listening, phone etiquette, ticket handling, Intercom, problem solving, "
        "typing, patience, multitasking, complaint handling, Freshdesk",
        duties="answer customer calls and e-mails, solve customer problems, process returns and refunds, "
        "write help articles, pass feedback to the product team, keep customers satisfied",
    ),
    domain(
        names="administration, Office and administration, office support, clerical",
        about="running an office: calendars, files and reception",
        roles="Assistant, Secretary, Manager, Clerk, Coordinator, Receptionist, Administrator",
        focuses="Office, Executive, Administrative, Front Desk, Personal, Data Entry, Records, Facilities, "
        "Board, Archive",
        skills="Microsoft Office, calendar management, typing, filing, travel booking, minute taking, "
        "organization, Outlook, data entry, PowerPoint, scheduling",
        duties="manage calendars and travel, welcome visitors, order office supplies, take minutes, prepare "
        "documents, answer the phone, keep files in order",
    ),
    domain(
        names="logistics, Logistics and transport, supply chain, warehousing",
        about="storing, moving and delivering goods",
        roles="Manager, Coordinator, Driver, Operator, Planner, Clerk, Supervisor, Dispatcher, Buyer",
        focuses="Logistics, Supply Chain, Warehouse, Delivery, Forklift, Truck, Inventory, Procurement, "
        "Freight, Fleet, Shipping, Customs, Purchasing",
        skills="inventory management, SAP, forklift license, route planning, procurement, WMS, import and "
        "export, driving license, order picking, freight forwarding, vendor management",
        duties="plan deliveries, load and unload trucks, track inventory, negotiate with suppliers, pick and "
        "pack orders, drive goods to customers, book freight, reduce transport costs",
    ),
    domain(
        names="government, Public sector and non-profit, public administration, social work",
        about="serving citizens, communities and charities",
        roles="Officer, Coordinator, Worker, Advisor, Manager, Inspector, Caseworker, Planner",
        focuses="Policy, Community, Social, Housing, Grants, Urban, Fundraising, Volunteer, Youth, Public "
        "Affairs, Immigration, Environmental",
        skills="grant writing, policy analysis, case management, community outreach, fundraising, public "
        "speaking, report writing, counseling, advocacy, budget oversight",
        duties="support families in need, write policy papers, organise volunteers, apply for grants, advise "
        "citizens, inspect buildings, plan community programmes, run fundraising events",
    ),
)
