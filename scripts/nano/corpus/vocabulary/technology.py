"""Domains of technology and engineering."""

from corpus.vocabulary.domain import domain

TECHNOLOGY = (
    domain(
        names="software_engineering, Software development, software engineering, programming",
        about="building and maintaining software applications",
        roles="Engineer, Developer, Programmer, Architect, Engineering Manager, Tech Lead",
        focuses="Software, Backend, Frontend, Full Stack, Python, Java, Go, Rust, Mobile, iOS, Android, "
        "Web, Platform, API, Embedded, C++, React, Node.js, Ruby, PHP, Application, Game, Kotlin",
        skills="Python, Java, Go, Rust, TypeScript, JavaScript, React, Node.js, Django, FastAPI, Spring "
        "Boot, PostgreSQL, Redis, GraphQL, REST APIs, microservices, Git, C++, Kotlin, Swift, unit testing, "
        "Vue, Angular, Ruby on Rails, gRPC, RabbitMQ, MongoDB, SQL, C#, .NET",
        duties="build and maintain web services, write clean and tested code, review pull requests, design "
        "scalable APIs, fix bugs and improve performance, ship new features with product teams, mentor junior "
        "developers, keep our services reliable, break large systems into small services",
    ),
    domain(
        names="artificial_intelligence, AI and machine learning, machine learning, AI research",
        about="machine learning models and artificial intelligence",
        roles="Engineer, Researcher, Research Scientist, Specialist, Architect, Lead, Product Manager",
        focuses="AI, Machine Learning, ML, Deep Learning, NLP, Computer Vision, Generative AI, LLM, Applied "
        "AI, Reinforcement Learning, MLOps, Speech, Recommendation, Prompt, Conversational AI",
        skills="PyTorch, TensorFlow, machine learning, deep learning, Python, large language models, "
        "transformers, CUDA, MLflow, scikit-learn, computer vision, NLP, vector databases, fine-tuning, "
        "statistics, JAX, model serving, prompt design, vLLM, Hugging Face",
        duties="train and evaluate machine learning models, bring models into production, design "
        "experiments and measure results, build data pipelines for training, improve the quality of our "
        "language models, work with product teams on AI features, read and apply new research, monitor "
        "models after release, reduce the cost of inference",
    ),
    domain(
        names="data_analytics, Data and analytics, data science, business intelligence",
        about="data analysis, reporting and data pipelines",
        roles="Analyst, Scientist, Engineer, Architect, Steward, Modeler, Consultant",
        focuses="Data, Business Intelligence, Analytics, Big Data, Data Warehouse, Reporting, Insights, "
        "Product Data, Marketing Data, Decision, BI",
        skills="SQL, Tableau, Power BI, dbt, Snowflake, Airflow, Spark, pandas, Excel, statistics, A/B "
        "testing, Looker, BigQuery, R, data modeling, Kafka, ETL, dashboards, Databricks",
        duties="build dashboards and reports, maintain data pipelines, answer business questions with data, "
        "define metrics with stakeholders, clean and document data sets, present findings to management, "
        "run experiments and explain the results, improve data quality",
    ),
    domain(
        names="it_operations, IT and infrastructure, devops, systems administration",
        about="running servers, networks, cloud systems and user support",
        roles="Engineer, Administrator, Technician, Specialist, Architect, Manager, Analyst",
        focuses="DevOps, Cloud, Site Reliability, Network, Systems, Linux, Infrastructure, IT Support, Help "
        "Desk, Database, Storage, Kubernetes, AWS, Azure, Desktop Support",
        skills="Kubernetes, Docker, Terraform, AWS, Azure, Linux, Ansible, CI/CD, Prometheus, Grafana, "
        "networking, Bash, Windows Server, Active Directory, VMware, Helm, Jenkins, GCP, monitoring, ITIL",
        duties="keep servers and networks running, automate deployments, respond to incidents, manage cloud "
        "costs, patch and monitor systems, help users with technical problems, write runbooks, plan capacity, "
        "move workloads to the cloud",
    ),
    domain(
        names="cybersecurity, Information security, security engineering, cyber defense",
        about="protecting systems and data from attacks",
        roles="Analyst, Engineer, Consultant, Architect, Officer, Tester, Specialist",
        focuses="Security, Cybersecurity, Information Security, Penetration, Application Security, Threat "
        "Intelligence, SOC, Cloud Security, Identity, Incident Response",
        skills="penetration testing, SIEM, ISO 27001, threat modeling, Burp Suite, Splunk, incident "
        "response, cryptography, OWASP, zero trust, vulnerability scanning, firewalls, SOC 2, IAM",
        duties="find and fix vulnerabilities, monitor security alerts, run penetration tests, respond to "
        "security incidents, review the architecture for risks, train staff in security, write security "
        "policies, manage access rights",
    ),
    domain(
        names="product_design, Design and user experience, UX design, creative design",
        about="designing products, interfaces and graphics",
        roles="Designer, Researcher, Lead, Director, Writer, Illustrator, Artist",
        focuses="UX, UI, Product Design, Graphic, Visual, Interaction, Motion, Brand, Service Design, "
        "Industrial Design, Game Art, Packaging, 3D",
        skills="Figma, Sketch, Adobe Illustrator, Photoshop, prototyping, user research, wireframes, design "
        "systems, typography, accessibility, After Effects, Blender, usability testing, InDesign",
        duties="design user interfaces, run interviews with users, build prototypes, maintain our design "
        "system, create graphics for campaigns, work closely with developers, test designs with customers, "
        "draw icons and illustrations",
    ),
    domain(
        names="product_management, Product and project management, project delivery, product ownership",
        about="planning products and leading projects",
        roles="Manager, Owner, Lead, Coordinator, Director, Planner, Scrum Master",
        focuses="Product, Project, Program, Technical Product, Agile, Delivery, Release, Portfolio, Growth, "
        "IT Project, Digital Product",
        skills="Jira, Scrum, Kanban, roadmaps, stakeholder management, user stories, Agile, OKRs, risk "
        "management, budgeting, PRINCE2, prioritization, market research, Confluence, MS Project",
        duties="own the product roadmap, write user stories, lead project meetings, keep projects on time "
        "and on budget, gather requirements from customers, report progress to leadership, set priorities "
        "for the team, manage risks and dependencies",
    ),
    domain(
        names="engineering, Mechanical and electrical engineering, hardware engineering, manufacturing",
        about="designing, testing and producing machines and devices",
        roles="Engineer, Technician, Designer, Operator, Inspector, Supervisor, Planner",
        focuses="Mechanical, Electrical, Hardware, Process, Manufacturing, Quality, Automation, Robotics, "
        "Chemical, Aerospace, Production, Test, CNC, Control Systems, Materials, Maintenance, Assembly",
        skills="SolidWorks, AutoCAD, PLC programming, MATLAB, lean manufacturing, Six Sigma, CAD, FEA, "
        "circuit design, quality control, CNC machining, GD&T, robotics, SCADA, LabVIEW, welding, root cause "
        "analysis, technical drawings",
        duties="design mechanical parts, test prototypes in the lab, improve production processes, maintain "
        "machines and equipment, inspect finished products, write technical documentation, set up new "
        "production lines, find the cause of defects",
    ),
)
