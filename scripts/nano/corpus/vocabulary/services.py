"""Domains of care, education, trades and services."""

from corpus.vocabulary.domain import domain

SERVICES = (
    domain(
        names="healthcare, Health and medicine, medical, nursing",
        about="caring for patients",
        roles="Nurse, Doctor, Assistant, Therapist, Technician, Specialist, Physician, Practitioner",
        focuses="Registered, Pediatric, Surgical, Physical, Dental, Radiology, Emergency, Clinical, Family, "
        "Occupational, Medical, Intensive Care, Laboratory, Speech, Veterinary",
        skills="patient care, CPR, electronic health records, wound care, phlebotomy, triage, medication "
        "administration, BLS certification, medical terminology, infection control, X-ray, diagnostics",
        duties="care for patients on the ward, give medication, keep patient records, assist in surgery, talk "
        "with families, take blood samples, plan treatments, teach patients about their health",
    ),
    domain(
        names="education, Teaching and education, schools, training",
        about="teaching children, students and adults",
        roles="Teacher, Tutor, Lecturer, Professor, Assistant, Instructor, Coordinator, Principal",
        focuses="Math, Primary School, English, Science, Special Education, Music, History, Physics, "
        "Kindergarten, Language, Chemistry, Art, Spanish, Curriculum",
        skills="lesson planning, classroom management, curriculum design, e-learning, mentoring, Moodle, "
        "grading, public speaking, child development, assessment, special needs support",
        duties="plan and teach lessons, grade exams, talk with parents, support students with special needs, "
        "design the curriculum, organise school trips, mentor new teachers",
    ),
    domain(
        names="hospitality, Hotels and restaurants, gastronomy, tourism",
        about="cooking, serving and hosting guests",
        roles="Chef, Manager, Waiter, Cook, Host, Receptionist, Supervisor, Bartender, Housekeeper",
        focuses="Head, Sous, Pastry, Restaurant, Hotel, Line, Banquet, Kitchen, Bar, Night, Spa, Cruise Ship, "
        "Breakfast",
        skills="food safety, menu planning, HACCP, customer service, table service, cocktail making, baking, "
        "inventory control, Opera PMS, barista skills, wine knowledge, cleaning",
        duties="prepare fresh dishes, welcome guests, serve food and drinks, keep the kitchen clean, plan "
        "menus, check guests in and out, clean rooms, order ingredients",
    ),
    domain(
        names="retail, Retail and shops, store operations, e-commerce",
        about="working in shops and online stores",
        roles="Manager, Assistant, Associate, Cashier, Buyer, Supervisor, Merchandiser, Clerk",
        focuses="Store, Retail, Shop, Supermarket, Fashion, Category, E-commerce, Visual, Bakery, Bookshop, "
        "Furniture, Pharmacy",
        skills="point of sale, merchandising, stock control, cash handling, Shopify, visual displays, "
        "upselling, inventory, product knowledge, pricing",
        duties="advise shoppers, restock shelves, run the till, open and close the store, arrange displays, "
        "manage online orders, count the stock, train new shop staff",
    ),
    domain(
        names="construction, Construction and trades, building, skilled trades",
        about="building, repairing and installing",
        roles="Electrician, Carpenter, Plumber, Foreman, Welder, Mason, Painter, Manager, Technician, Roofer",
        focuses="Construction, Site, Industrial, Maintenance, HVAC, Residential, Commercial, Civil, Heating, "
        "Solar, Concrete, Elevator, Bridge",
        skills="blueprint reading, electrical wiring, plumbing, welding, carpentry, OSHA safety, scaffolding, "
        "concrete work, power tools, HVAC repair, roofing, surveying",
        duties="install pipes and cables, build walls and roofs, read blueprints, supervise the building "
        "site, repair heating systems, keep the site safe, order building materials",
    ),
    domain(
        names="science, Science and laboratories, research and development, biotechnology",
        about="laboratory work and scientific research",
        roles="Scientist, Researcher, Technician, Biologist, Chemist, Fellow, Manager, Assistant",
        focuses="Research, Laboratory, Molecular, Analytical, Environmental, Postdoctoral, Biotech, "
        "Pharmaceutical, Genomics, Food, Marine, Climate, Clinical Trial",
        skills="PCR, cell culture, HPLC, mass spectrometry, GLP, statistics, microscopy, scientific writing, "
        "ELISA, lab safety, bioinformatics, titration, CRISPR",
        duties="run experiments, record results, write scientific papers, prepare samples, maintain lab "
        "equipment, present at conferences, supervise students, develop new methods",
    ),
    domain(
        names="media, Media and journalism, publishing, film and television",
        about="news, film, books and entertainment",
        roles="Editor, Journalist, Producer, Photographer, Reporter, Translator, Writer, Director",
        focuses="News, Video, Photo, Radio, Film, Sports, Podcast, Magazine, Technical, Documentary, "
        "Subtitle, Book, Sound",
        skills="video editing, Adobe Premiere, interviewing, fact checking, storytelling, photography, "
        "proofreading, translation, podcasting, lighting, scriptwriting, sound mixing",
        duties="write articles, edit videos, interview people, check facts, plan the programme, take photos, "
        "translate texts, meet tight deadlines",
    ),
    domain(
        names="agriculture, Farming and environment, forestry, gardening",
        about="growing plants, keeping animals and protecting nature",
        roles="Manager, Worker, Technician, Gardener, Ranger, Farmer, Advisor, Supervisor",
        focuses="Farm, Dairy, Forest, Greenhouse, Landscape, Vineyard, Wildlife, Crop, Irrigation, "
        "Horticulture, Tree Nursery, Fishery",
        skills="irrigation, tractor driving, crop rotation, animal care, pruning, soil analysis, pesticide "
        "license, landscaping, harvesting, beekeeping, chainsaw operation",
        duties="plant and harvest crops, feed the animals, repair fences, care for parks, monitor soil and "
        "water, drive tractors, protect wildlife, sell produce at markets",
    ),
    domain(
        names="security_services, Safety and security, guarding, emergency services",
        about="protecting people and buildings",
        roles="Guard, Officer, Firefighter, Manager, Supervisor, Inspector, Investigator, Dispatcher",
        focuses="Security, Fire Safety, Event Security, Airport Security, Patrol, Loss Prevention, Health and "
        "Safety, Rescue, Emergency, Night Security",
        skills="first aid, surveillance, access control, report writing, fire safety, de-escalation, patrol, "
        "CCTV, risk assessment, emergency response, radio communication",
        duties="patrol buildings, check visitors, watch cameras, respond to alarms, write incident reports, "
        "check fire equipment, keep events safe",
    ),
)
